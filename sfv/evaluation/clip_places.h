#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "sfv/data/clip_list.h"
#include "sfv/io/safetensors.h"

namespace sfv::evaluation {

/// Where one clip is: a video or picture folder, or the clip of this number in a file of decoded clips.
struct ClipPlace {
  data::ClipItem item;
  int64_t index = -1;     // >= 0: in a file of decoded clips
  torch::Tensor decoded;  // that clip, [T, 3, H, W]: a view of the mapped file, which it keeps open
  std::string fault;      // why the whole file cannot be read; empty: it can

  [[nodiscard]] std::string name() const;
};

/// The clips of every input, in order. An input is a video, an animation, a folder of such files and of
/// folders of numbered pictures (with all below it), a .jsonl manifest, a pattern (*, ?, […]), or a
/// .safetensors file with decoded clips: `video` [N, 3, T, H, W] or `frames` [N, T, 3, H, W], floating, about
/// -1..1 (clamped when read). Such a file that is broken is one place with its fault. Errors: kNotFound for
/// an input that is not there or a pattern that matches nothing; those of data::list_clips.
[[nodiscard]] std::vector<ClipPlace> find_clips(const std::vector<std::string>& inputs);

/// All clips of a file as a view [N, T, 3, H, W] of its mapped bytes. Errors: those of
/// io::SafetensorsFile::open; kInvalidFile unless it holds `video` [N, 3, T, H, W] or `frames` [N, T, 3, H,
/// W].
[[nodiscard]] torch::Tensor open_decoded_clips(const std::filesystem::path& path);

}  // namespace sfv::evaluation
