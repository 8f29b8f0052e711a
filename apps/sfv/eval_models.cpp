// The table that compares models on one recipe's held-out clips.
#include "apps/sfv/eval_models.h"

#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

#include <chrono>
#include <filesystem>
#include <utility>

#include "apps/sfv/eval_row.h"
#include "apps/sfv/eval_sampler.h"
#include "apps/sfv/eval_table.h"
#include "apps/sfv/evaluated_model.h"
#include "apps/sfv/progress_display.h"
#include "sfv/checkpoint/model.h"
#include "sfv/core/check.h"
#include "sfv/core/cpu_features.h"
#include "sfv/core/guidance.h"
#include "sfv/core/version.h"
#include "sfv/data/counter_random.h"
#include "sfv/evaluation/clip_pixels.h"
#include "sfv/evaluation/feature_networks.h"
#include "sfv/io/atomic_file.h"
#include "sfv/io/hash.h"
#include "sfv/io/image.h"
#include "sfv/tensor/device.h"
#include "sfv/tensor/precision.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

// Part of every row's key: another number when what a row holds changes its meaning.
constexpr const char* kRowVersion = "2";
// Decoding and measuring a clip, in evaluations of the UNet; only for the progress bar.
constexpr double kOtherWork = 3;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Of every parameter and buffer: the quick hash of a model looks at samples of it only, and a row must not be
// taken for that of a checkpoint that differs elsewhere.
std::string hash_weights(const checkpoint::Model& model) {
  io::Sha256 hash;
  const auto add = [&](const torch::nn::Module& network) {
    for (const auto& item : network.named_parameters()) {
      const torch::Tensor value = item.value().detach().to(at::kCPU).contiguous();
      hash.update(concat(item.key(), " ", value.scalar_type(), " ", value.sizes(), "\n"));
      hash.update({static_cast<const std::byte*>(value.const_data_ptr()), value.nbytes()});
    }
  };
  add(*model.unet);
  add(*model.vae);
  add(*model.image_encoder);
  return hash.finish();
}

// What decides a row beside the model: the clips, how they are measured and told of.
std::string data_key(const training::Recipe& recipe, const ModelsRequest& request,
                     const evaluation::FeatureIdentity& features) {
  training::Recipe only_data = training::default_recipe(training::Stage::kDiffusion);
  only_data.data = recipe.data;
  only_data.conditioning = recipe.conditioning;
  return concat(kRowVersion, "\n", training::to_toml(only_data), "\n", request.clips, " ",
                request.spread_frames, " ", request.noises, " ", request.sheet_clips, " ", request.seed, "\n",
                features.network, " ", features.sha256, " ", features.layer, "\n");
}

class Evaluation {
 public:
  Evaluation(const ModelsRequest& request, ProgressDisplay& display, const CancelToken& cancel)
      : request_(request),
        display_(display),
        cancel_(cancel),
        recipe_(training::load_recipe(request.recipe, request.overrides)),
        held_out_(recipe_),
        features_(evaluation::open_features("reference", {})),
        data_key_(data_key(recipe_, request, features_->identity())) {
    for (const std::string& text : request.models) models_.push_back(parse_evaluated_model(text));
    fs::create_directories(rows_folder());
  }

  Json run() {
    TableRow real_a = real_row("real", 0, Change::kNone);
    const TableRow real_b = real_row("real, others", request_.clips, Change::kNone);
    std::vector<TableRow> rows;
    rows.push_back(real_a);
    rows.push_back(real_row("real, shuffled", 0, Change::kShuffled));
    rows.push_back(real_row("first frame", 0, Change::kFrozen));
    for (const EvaluatedModel& model : models_) rows.push_back(model_row(model));
    const Json table = summarize_rows(real_a.data, real_b.data, rows);
    const fs::path sheet = fs::path(request_.out) / "sheet.png";
    if (request_.sheet_clips > 0) {
      std::erase_if(rows, [](const TableRow& row) { return row.label == "real, shuffled"; });
      io::save_png(make_table_sheet(rows, recipe_.data.fps), sheet);
    }
    Json result = {{"protocol", protocol()}, {"floor", table[0]["frechet_distance"]}, {"rows", table}};
    io::AtomicFile file(fs::path(request_.out) / "models.json");
    file.write(result.dump(2) + "\n");
    file.commit();
    return result;
  }

 private:
  enum class Change { kNone, kShuffled, kFrozen };

  [[nodiscard]] fs::path rows_folder() const { return fs::path(request_.out) / "rows"; }

  // The row of this key from the folder, or measured and put there.
  template <typename Measure>
  RowData cached(const std::string& label, const std::string& key, const Measure& measure) {
    io::Sha256 hash;
    hash.update(data_key_);
    hash.update(key);
    const fs::path path = rows_folder() / (hash.finish() + ".safetensors");
    if (auto row = load_row(path)) {
      display_.print_line("sfv: " + label + ": measured before, taken from " + path.string());
      ++done_;
      return *std::move(row);
    }
    const auto parts = static_cast<double>(4 + models_.size());
    display_.begin_part(label, static_cast<double>(done_) / parts, static_cast<double>(done_ + 1) / parts);
    ++done_;
    start_ = Clock::now();
    RowData row = measure();
    save_row(row, path);
    return row;
  }

  void tell(const std::string& stage, double fraction) {
    cancel_.throw_if_cancelled();
    const double left = fraction > 0 ? seconds_since(start_) * (1 - fraction) / fraction : -1;
    display_.update({.stage = stage, .fraction = fraction, .seconds_left = left});
  }

  // The clips first … first + N - 1 of the held-out ones, as they are or spoilt.
  TableRow real_row(const std::string& label, int64_t first, Change change) {
    const std::string key = concat("real ", first, " ", static_cast<int>(change));
    return {label, Json::object(), cached(label, key, [&] {
              RowMeter meter(*features_, request_.sheet_clips);
              for (int64_t i = 0; i < request_.clips; ++i) {
                const HeldOutClip held_out = held_out_.load(first + i);
                torch::Tensor pixels = evaluation::to_pixels(held_out.clip);
                if (change == Change::kFrozen) pixels = pixels.narrow(0, 0, 1).expand_as(pixels).contiguous();
                if (change == Change::kShuffled) pixels = shuffled(pixels, i);
                meter.add(held_out, pixels);
                tell(concat("clip ", i + 1, "/", request_.clips),
                     static_cast<double>(i + 1) / static_cast<double>(request_.clips));
              }
              return meter.finish();
            })};
  }

  // Frames in another order, another one for each clip (Fisher and Yates).
  [[nodiscard]] torch::Tensor shuffled(const torch::Tensor& pixels, int64_t clip) const {
    constexpr uint64_t kStream = 0x7368'7566;  // "shuf"
    data::CounterRandom random(request_.seed + static_cast<uint64_t>(clip), kStream);
    std::vector<int64_t> order;
    for (int64_t t = 0; t < pixels.size(0); ++t) order.push_back(t);
    for (int64_t t = pixels.size(0) - 1; t > 0; --t)
      std::swap(order[static_cast<size_t>(t)], order[static_cast<size_t>(random.below(t + 1))]);
    return pixels.index_select(0, at::tensor(order, at::kLong));
  }

  [[nodiscard]] GenerateSettings settings_of(const EvaluatedModel& row,
                                             const checkpoint::Model& model) const {
    GenerateOptions options;
    options.sampler = row.sampler;
    options.steps = row.steps;
    options.guidance = row.guidance.value_or(GuidanceRange{1, 1});
    options.width = recipe_.data.width;
    options.height = recipe_.data.height;
    options.frames = recipe_.data.frames;
    if (recipe_.conditioning.noise == training::ConditionNoiseKind::kFixed)
      options.noise_aug = recipe_.conditioning.noise_level;
    return resolve_settings(options, model.defaults, model.unet->config().num_frames);
  }

  TableRow model_row(const EvaluatedModel& row) {
    cancel_.throw_if_cancelled();
    const torch::Device device = open_device(request_.device);
    checkpoint::LoadOptions load;
    load.device = device;
    load.dtype = choose_precision(request_.dtype, device, cpu_features()).dtype;
    checkpoint::Model model = checkpoint::load_model(row.model, load);
    const GenerateSettings settings = settings_of(row, model);
    Json made_by = {{"model", row.model},
                    {"weights_sha256", hash_weights(model)},
                    {"sampler", to_string(settings.sampler)},
                    {"steps", settings.steps},
                    {"guidance", {settings.guidance.min, settings.guidance.max}},
                    {"evaluations", evaluations_of(settings)},
                    {"noise_aug", settings.noise_aug},
                    {"dtype", precision_name(model.dtype)}};
    Json key = made_by;
    key.erase("model");  // a folder that moved is the same model
    RowData data = cached(row.label, key.dump(), [&] { return generate_row(model, settings); });
    return {row.label, std::move(made_by), std::move(data)};
  }

  RowData generate_row(checkpoint::Model& model, const GenerateSettings& settings) {
    const int64_t N = request_.clips, K = request_.noises;
    const int64_t J = std::min(request_.spread_frames, N);
    const double work = (static_cast<double>(evaluations_of(settings)) + kOtherWork) *
                        static_cast<double>(N + (K > 1 ? J * K : 0));
    double done = 0;
    int64_t in_batch = 0;
    std::string stage;
    BatchSampler sampler(model, settings, recipe_.data.fps - (recipe_.conditioning.fps_minus_one ? 1 : 0),
                         [&] {
                           done += static_cast<double>(in_batch);
                           tell(stage, done / work);
                         });
    RowMeter meter(*features_, request_.sheet_clips);
    double seconds = 0;
    for (int64_t begin = 0; begin < N; begin += request_.batch) {
      in_batch = std::min(request_.batch, N - begin);
      stage = concat("clip ", begin + in_batch, "/", N);
      std::vector<HeldOutClip> held_out;
      std::vector<ClipStart> starts;
      for (int64_t i = 0; i < in_batch; ++i) held_out.push_back(held_out_.load(begin + i));
      for (int64_t i = 0; i < in_batch; ++i) {
        const HeldOutClip& truth = held_out[static_cast<size_t>(i)];
        starts.push_back(
            {&truth.clip.frames.front(), truth.motion, request_.seed + static_cast<uint64_t>(begin + i)});
      }
      const auto before = Clock::now();
      const torch::Tensor pixels = sampler.sample(starts);
      seconds += seconds_since(before);
      for (int64_t i = 0; i < in_batch; ++i) meter.add(held_out[static_cast<size_t>(i)], pixels[i]);
      done += kOtherWork * static_cast<double>(in_batch);
    }
    // Noise k of first frame j: seed + k N + j, so that noise 0 is the clip above.
    for (int64_t j = 0; K > 1 && j < J; ++j) {
      const HeldOutClip truth = held_out_.load(j);
      std::vector<ClipStart> starts;
      for (int64_t k = 0; k < K; ++k)
        starts.push_back(
            {&truth.clip.frames.front(), truth.motion, request_.seed + static_cast<uint64_t>(k * N + j)});
      in_batch = K;
      stage = concat("noises ", j + 1, "/", J);
      meter.add_noises(truth, sampler.sample(starts));
      done += kOtherWork * static_cast<double>(K);
    }
    RowData row = meter.finish();
    row.values["seconds"] = at::full({1}, seconds, at::kDouble);
    return row;
  }

  [[nodiscard]] Json protocol() const {
    const evaluation::FeatureIdentity& identity = features_->identity();
    const training::DataOptions& d = recipe_.data;
    return {{"sfv", version()},
            {"libtorch", libtorch_version()},
            {"recipe", request_.recipe},
            {"data", concat("held-out clips of the recipe's data, ", d.frames, " frames of ", d.width, "x",
                            d.height, " at ", d.fps, " a second")},
            {"real", concat("clips ", request_.clips, " to ", 2 * request_.clips - 1)},
            {"conditions", concat("first frames and motion buckets of clips 0 to ", request_.clips - 1)},
            {"clips", request_.clips},
            {"network", identity.network},
            {"network_sha256", identity.sha256},
            {"layer", identity.layer},
            {"input", identity.input},
            {"resize", "none"},
            {"range", "-1..1, clamped"},
            {"covariance", "biased"},
            {"seed", request_.seed},
            {"seeds", "clip i: seed + i; noise k of first frame j: seed + k * clips + j"},
            {"spread", concat(request_.noises, " noises of ",
                              std::min(request_.spread_frames, request_.clips), " first frames")},
            {"threads", cpu_threads()},
            {"dropped", held_out_.dropped()}};
  }

  const ModelsRequest& request_;
  ProgressDisplay& display_;
  const CancelToken& cancel_;
  training::Recipe recipe_;
  HeldOutSet held_out_;
  std::unique_ptr<evaluation::VideoFeatures> features_;
  std::string data_key_;
  std::vector<EvaluatedModel> models_;
  int64_t done_ = 0;  // rows
  Clock::time_point start_;
};

}  // namespace

Json evaluate_models(const ModelsRequest& request, ProgressDisplay& display, const CancelToken& cancel) {
  if (request.threads > 0) set_cpu_threads(request.threads);
  return Evaluation(request, display, cancel).run();
}

}  // namespace sfv::cli
