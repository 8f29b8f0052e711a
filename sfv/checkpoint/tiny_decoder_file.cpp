#include "sfv/checkpoint/tiny_decoder_file.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "sfv/checkpoint/module_weights.h"
#include "sfv/checkpoint/weight_writer.h"
#include "sfv/core/check.h"
#include "sfv/io/mapped_file.h"
#include "sfv/io/state_dict_zip.h"

namespace sfv::checkpoint {
namespace {

// "3.conv.0.weight" -> "4.conv.0.weight"
std::string raise_number(std::string_view name) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || number < 0 || number > 1000) return std::string(name);
  return concat(number + 1, name.substr(static_cast<size_t>(end - name.data())));
}

// The decoder's tensors by their published numbers. A name that is neither the decoder's nor the encoder's
// stays.
Weights decoder_part(const Weights& stored) {
  constexpr std::string_view kDiffusers = "decoder.layers.", kPrefix = "decoder.", kEncoder = "encoder.";
  Weights weights;
  for (const auto& [name, weight] : stored) {
    const std::string_view view = name;
    if (view.starts_with(kEncoder)) continue;
    std::string key = name;
    if (view.starts_with(kDiffusers)) {
      key = raise_number(view.substr(kDiffusers.size()));
    } else if (view.starts_with(kPrefix)) {
      key = view.substr(kPrefix.size());
    }
    weights.emplace(std::move(key), weight);
  }
  return weights;
}

// TAESDV's blocks read this frame and the one before: twice the width.
models::TinyKind kind_of(const Weights& weights) {
  constexpr size_t kInputChannels = 1;
  const auto first = weights.find("3.conv.0.weight");
  const bool reads_two = first != weights.end() && first->second.shape.size() == 4 &&
                         first->second.shape[kInputChannels] == 2 * first->second.shape[0];
  return reads_two ? models::TinyKind::kTaesdv : models::TinyKind::kTaesd;
}

}  // namespace

std::shared_ptr<const io::TensorFile> open_tensor_file(const std::filesystem::path& path) {
  // A zip's first local header; in a safetensors file these are the low bytes of a header of 64 MiB or more,
  // which no tiny decoder has.
  constexpr std::string_view kZip = "PK\x03\x04";
  bool is_zip = false;
  {
    const io::MappedFile file(path);
    const auto begin = file.bytes().first(std::min(kZip.size(), file.bytes().size()));
    is_zip = std::equal(begin.begin(), begin.end(), kZip.begin(), kZip.end(),
                        [](std::byte a, char b) { return static_cast<char>(a) == b; });
  }
  if (is_zip) return io::open_state_dict_zip(path);
  return io::SafetensorsFile::open(path);
}

models::TinyDecoder load_tiny_decoder(const std::vector<std::filesystem::path>& files, torch::Dtype dtype,
                                      torch::Device device) {
  std::vector<std::shared_ptr<const io::TensorFile>> opened;
  for (const auto& path : files) opened.push_back(open_tensor_file(path));
  // TAESD's encoder alone has the decoder's kind of names; it is told apart by its first layer, which is 0.
  std::erase_if(opened, [](const auto& file) { return file->tensors().contains("0.weight"); });
  SFV_CHECK(
      !opened.empty(), kInvalidFile, "[load_tiny_decoder] ", files.empty() ? "" : files.front().string(),
      " expected the weights of a TAESD or TAESDV decoder, found ", files.empty() ? "no file" : "an encoder");
  const Weights weights = decoder_part(read_weights(opened));
  models::TinyDecoder decoder(kind_of(weights));
  set_weights(*decoder, weights, dtype, device,
              concat(opened.front()->path().string(), " as a TAESD or TAESDV decoder"));
  return decoder;
}

void save_tiny_decoder(const models::TinyDecoderImpl& decoder, const std::filesystem::path& path) {
  std::map<std::string, torch::Tensor> values;
  WeightEntries entries;
  for (const auto& item : decoder.named_parameters()) {
    values.emplace(item.key(), item.value().detach());
    entries.push_back({.name = item.key(), .dtype = io::DType::kF32, .shape = item.value().sizes().vec()});
  }
  write_weight_file(
      path, std::move(entries), {{"format", "pt"}},
      [&](const auto& entry) { return values.at(entry.name).to(at::kCPU, at::kFloat); }, nullptr);
}

}  // namespace sfv::checkpoint
