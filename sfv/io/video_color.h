#pragma once

#include <string>

#include "sfv/core/rgb_image.h"
#include "sfv/io/video_handles.h"

namespace sfv::io {

/// A picture as yuv420p: BT.709 matrix, limited range, chroma sited left (as H.264 and VP9 assume). Sides are
/// made even by repeating the last row or column. The colours are tagged on the frame.
[[nodiscard]] FramePtr make_yuv420_frame(const RgbImage& image);

/// A picture in one of FFmpeg's packed 8-bit RGB layouts with 4 bytes a pixel: BGR0 or BGRA (alpha 255).
[[nodiscard]] FramePtr make_bgr_frame(const RgbImage& image, int pixel_format);

/// A decoded frame of any pixel format as 8-bit RGB. Matrix and range come from the frame's tags; an untagged
/// matrix is BT.601 below 720 lines and BT.709 from there on, an untagged range is limited for YUV. Samples
/// of more than 8 bits are rounded; transparency is flattened on white. Primaries and transfer are not
/// converted. name: the file, for messages. Errors: kUnsupported for a pixel format or matrix that libswscale
/// cannot convert, kOutOfMemory.
[[nodiscard]] RgbImage to_rgb_image(const AVFrame& frame, const std::string& name);

}  // namespace sfv::io
