// The paper's protocol from end to end, for a list of models.
#include "apps/sfv/eval_protocol.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <utility>

#include "apps/sfv/eval_commands.h"
#include "apps/sfv/eval_feature_pieces.h"
#include "apps/sfv/eval_protocol_clips.h"
#include "apps/sfv/evaluated_model.h"
#include "apps/sfv/progress_display.h"
#include "apps/sfv/rank_job.h"
#include "sfv/core/check.h"
#include "sfv/core/guidance.h"
#include "sfv/core/version.h"
#include "sfv/evaluation/clip_places.h"
#include "sfv/io/atomic_file.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Part of every key: another number when what a folder holds changes its meaning.
constexpr const char* kVersion = "1";

// A label as part of a folder's name.
std::string plain_name(std::string label) {
  std::replace_if(
      label.begin(), label.end(),
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '.' && c != '_'; }, '_');
  return label.substr(0, 60);
}

Json settings_json(const GenerateSettings& s) {
  return {{"sampler", to_string(s.sampler)},
          {"steps", s.steps},
          {"evaluations", evaluations_of(s)},
          {"guidance", {s.guidance.min, s.guidance.max}},
          {"sigmas", s.sigmas},
          {"size", concat(s.width, "x", s.height)},
          {"frames", s.frames},
          {"fps", s.fps},
          {"motion", s.motion},
          {"noise_aug", s.noise_aug},
          {"fit", to_string(s.fit)},
          {"decoder", to_string(s.decoder)},
          {"decode_chunk", s.decode_chunk},
          {"seed", s.seed}};
}

class Run {
 public:
  Run(const ProtocolRequest& request, const EvalJob& job)
      : request_(request),
        job_(job),
        places_(evaluation::find_clips({request.data})),
        scored_{.frames = request.score_frames,
                .fps = static_cast<double>(request.generate.fps.value_or(7)),
                .width = request.score_width,
                .height = request.score_height,
                .stretches = true},
        network_(open_network(request.features, job.ranks)) {
    for (const std::string& text : request.models) models_.push_back(parse_evaluated_model(text));
    evaluation::check_frames(*network_, scored_.frames);
    std::string list = concat(kVersion, "\n", scored_.frames, " ", scored_.fps, " ", scored_.width, "x",
                              scored_.height, "\n");
    for (const evaluation::ClipPlace& place : places_) {
      std::error_code error;
      list += concat(place.name(), " ", fs::file_size(place.item.path, error), "\n");
    }
    data_key_ = short_hash(list);
    fs::create_directories(request.out);
  }

  Json run() {
    std::vector<fs::path> folders;
    std::vector<Json> rows;
    for (const EvaluatedModel& model : models_) {
      auto [folder, row] = make_clips(model);
      folders.push_back(std::move(folder));
      rows.push_back(std::move(row));
    }
    const int64_t N = request_.clips;
    evaluation::FeatureSet real = features_of("real", places_, fs::path(request_.out) / "real", 2 * N);
    const torch::Tensor floor_reals = real.features;
    if (N > 0) real.features = real.features.narrow(0, 0, std::min(N, real.features.size(0)));
    Json table = Json::array();
    for (size_t i = 0; i < rows.size(); ++i) {
      const evaluation::FeatureSet fake = features_of(
          rows[i]["label"], evaluation::find_clips(list_protocol_clips(folders[i])), folders[i], N);
      rows[i].update(measure_distance({"real", request_.data, real}, {"fake", folders[i].string(), fake},
                                      request_.distance, &floor_reals, job_.cancel));
      table.push_back(std::move(rows[i]));
    }
    Json result = {{"protocol", protocol()}, {"rows", table}};
    if (job_.ranks.rank() > 0) return result;
    io::AtomicFile file(fs::path(request_.out) / "protocol.json");
    file.write(result.dump(2) + "\n");
    file.commit();
    return result;
  }

 private:
  // The row's folder with all its clips, and the beginning of its JSON.
  std::pair<fs::path, Json> make_clips(const EvaluatedModel& model) {
    job_.cancel.throw_if_cancelled();
    EngineOptions engine_options = request_.engine;
    engine_options.model = model.model;
    engine_options.device = device_of_rank(engine_options.device, job_.ranks);
    ProtocolClips clips{&places_, scored_, request_.generate, request_.clips};
    if (model.sampler) clips.generate.sampler = model.sampler;
    if (model.steps) clips.generate.steps = model.steps;
    if (model.guidance) clips.generate.guidance = model.guidance;
    const std::unique_ptr<Engine> engine = load_engine(engine_options, clips.generate);
    const GenerateSettings settings = engine->resolve(clips.generate);
    SFV_CHECK(settings.frames >= scored_.frames, kInvalidArgument, "[protocol] ", model.label, " makes ",
              settings.frames, " frames, ", scored_.frames,
              " are to be scored; give --frames or --score-frames");
    const EngineIdentity& identity = engine->identity();
    Json made_by = {{"model_hash", identity.model_hash}, {"unet", identity.unet}, {"dtype", identity.dtype}};
    made_by.update(settings_json(settings));
    const fs::path folder =
        fs::path(request_.out) / concat(plain_name(model.label), "-", short_hash(data_key_ + made_by.dump()));
    fs::create_directories(folder);
    ProgressDisplay display(progress_mode(job_.is_silent()));
    display.print_line("sfv: " + model.label + " in " + folder.string());
    const auto dropped = make_protocol_clips(clips, *engine, folder, display, job_);
    display.clear();
    report_dropped(dropped, job_.is_silent());
    const ProtocolTimes times = read_protocol_times(folder);
    Json row = {{"label", model.label}, {"model", identity.model}};
    row.update(made_by);
    row["device"] = identity.device;
    row["threads"] = identity.threads;
    row["unet_seconds"] = times.unet_seconds;
    row["request_seconds"] = times.request_seconds;
    row["folder"] = folder.string();
    return {folder, std::move(row)};
  }

  evaluation::FeatureSet features_of(const std::string& label,
                                     const std::vector<evaluation::ClipPlace>& places, const fs::path& folder,
                                     int64_t clips) {
    return measure_in_pieces(*network_, places,
                             {.folder = folder, .label = label, .cut = scored_, .clips = clips},
                             request_.features, job_);
  }

  [[nodiscard]] Json protocol() const {
    return {{"name", "ucf101, as SF-V's Table 1"},
            {"sfv", version()},
            {"data", request_.data},
            {"condition", "first frame of each real clip"},
            {"real", concat("from the first frame, ", scored_.frames, " frames at ", scored_.fps,
                            " a second, picked by time")},
            {"scored", concat("the first ", scored_.frames, " frames, scaled to ", scored_.width, "x",
                              scored_.height, ", Lanczos, stretched")},
            {"clips", request_.clips > 0 ? Json(request_.clips) : Json("all")},
            {"seeds", "clip i of the data: seed + i"},
            {"seconds",
             "medians over clips; unet_seconds: all evaluations of a clip; request_seconds: photo "
             "to frames"}};
  }

  const ProtocolRequest& request_;
  const EvalJob& job_;
  std::vector<evaluation::ClipPlace> places_;
  evaluation::ClipOptions scored_;
  std::unique_ptr<evaluation::VideoFeatures> network_;
  std::vector<EvaluatedModel> models_;
  std::string data_key_;
};

}  // namespace

Json run_protocol(const ProtocolRequest& request, const EvalJob& job) {
  return Run(request, job).run();
}

}  // namespace sfv::cli
