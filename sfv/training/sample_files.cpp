#include "sfv/training/sample_files.h"

#include "sfv/core/check.h"
#ifdef SFV_HAS_VIDEO
#include "sfv/io/atomic_file.h"
#include "sfv/io/image.h"
#include "sfv/io/video_writer.h"
#include "sfv/training/run_folder.h"
#endif

namespace sfv::training {

#ifdef SFV_HAS_VIDEO
void write_samples(const std::filesystem::path& run, int64_t step, const SamplePictures& samples,
                   MetricsLog& log, const std::function<void(const std::string&)>& tell) {
  const std::filesystem::path folder = run / kSamplesName;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw system_error(error.value(), concat("[samples] ", folder.string()));
  const std::vector<std::byte> png = io::encode_png(samples.sheet);
  io::AtomicFile file(folder / concat("step-", step, ".png"));
  file.write(png);
  file.commit();
  log.image(step, "samples", samples.sheet.width, samples.sheet.height, png);
  try {
    io::VideoWriteOptions options;
    options.overwrite = true;  // a run that goes on makes the same clips again
    io::write_video(samples.grid, folder / concat("step-", step, ".mp4"), options);
  } catch (const Error& no_encoder) {
    if (no_encoder.code() != ErrorCode::kUnsupported) throw;
    tell(concat("no sample clip, only the sheet: ", no_encoder.what()));
  }
}
#else
void write_samples(const std::filesystem::path&, int64_t, const SamplePictures&, MetricsLog&,
                   const std::function<void(const std::string&)>&) {}
#endif

}  // namespace sfv::training
