#pragma once

#include <cstdint>
#include <filesystem>

#include "sfv/io/temporary_folder.h"
#include "sfv/io/video_frame_names.h"

namespace sfv::io {

/// True when the folder of `names` can be replaced as a whole: it holds nothing but such frames, belongs to
/// this user (or this user is root), is no mount point, and neither the working directory nor above it; and
/// its parent may be written. Errors: kAlreadyExists when a frame's name is taken by a folder, kPermission,
/// kIo.
[[nodiscard]] bool can_swap_folder(const FrameNames& names);

/// Puts the folder `fresh` in place of `folder`, in one step, with that one's owner and mode, and removes the
/// old frames. A file that another program put into the old folder meanwhile moves to the new one. Without
/// RENAME_EXCHANGE (NFS has none) it takes two renames, with no `folder` in between; an error takes the first
/// back. False, with the old folder as it was, when the new one cannot get its owner or the old one is a
/// mount point. Errors: kPermission, kIo; the old folder stays then.
[[nodiscard]] bool swap_folder(TemporaryFolder& fresh, const FrameNames& names);

/// Moves `count` frames of `fresh`, a folder in the same file system, to the folder of `names`, in place of
/// all frames there; other files stay. One rename a frame: frame 0 is the first to go and the last to come,
/// so that a set with frame 0 is whole, and old and new frames are never there together. Errors:
/// kAlreadyExists when a frame's name is taken by a folder, kPermission, kNoSpace, kIo; the old frames are
/// back then.
void swap_frames(const std::filesystem::path& fresh, const FrameNames& names, int64_t count);

}  // namespace sfv::io
