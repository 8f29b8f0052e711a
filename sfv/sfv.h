#pragma once

// The whole of what a program needs to turn photos into clips. To learn the library, begin with
// pipeline/image_to_video.h.
//
//   sfv::pipeline::ImageToVideo generator(sfv::checkpoint::load_model("DIR", {}));
//   sfv::GenerateResult result = generator.generate(photo, {.seed = 7}, nullptr, nullptr);
//
// Everything throws sfv::Error (core/error.h), whose message says where, what was expected, what was found
// and what to do. Nothing here prints.

#include "sfv/checkpoint/model.h"         // load_model
#include "sfv/core/cancel.h"              // stop a call from another thread
#include "sfv/core/error.h"               // Error, ErrorCode
#include "sfv/core/generate_options.h"    // GenerateOptions, VideoGenerator
#include "sfv/core/log.h"                 // receive warnings
#include "sfv/core/progress.h"            // ProgressSink
#include "sfv/core/rgb_image.h"           // RgbImage, Clip
#include "sfv/core/version.h"             // version
#include "sfv/pipeline/image_to_video.h"  // ImageToVideo
#include "sfv/tensor/device.h"            // open_device, set_cpu_threads
#ifdef SFV_HAS_VIDEO
#include "sfv/io/image.h"         // load_image, save_png
#include "sfv/io/video_writer.h"  // write_video
#endif
