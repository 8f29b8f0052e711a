#include "sfv/checkpoint/model_report.h"

#include <algorithm>
#include <iomanip>
#include <set>
#include <sstream>

#include "sfv/checkpoint/model_files.h"
#include "sfv/core/check.h"
#include "sfv/io/hash.h"
#include "sfv/io/json_reader.h"
#include "sfv/io/mapped_file.h"

namespace sfv::checkpoint {
namespace {

FileReport describe_file(const std::filesystem::path& path, const CancelToken* cancel) {
  constexpr size_t kPiece = size_t{64} << 20;  // a Ctrl-C waits for no more than this
  const io::MappedFile file(path);
  io::Sha256 hash;
  for (size_t begin = 0; begin < file.bytes().size(); begin += kPiece) {
    if (cancel != nullptr) cancel->throw_if_cancelled();
    hash.update(file.bytes().subspan(begin, std::min(kPiece, file.bytes().size() - begin)));
  }
  return {.path = path.string(), .bytes = file.bytes().size(), .sha256 = hash.finish()};
}

ComponentReport describe_component(const ModelFiles& model, const ModelComponent& component) {
  ComponentReport report;
  report.name = component.name;
  const io::JsonConfig& config = model.texts.at(component.name + "/config.json");
  report.class_name = config.get_string("_class_name").value_or("CLIPVisionModelWithProjection");
  for (const auto& [name, weight] : component.weights) {
    int64_t numbers = 1;
    for (const int64_t size : weight.shape) numbers *= size;
    report.parameters += numbers;
    report.bytes += weight.bytes.size();
    ++report.tensors;
    ++report.dtypes[std::string(io::to_string(weight.dtype))];
  }
  report.misfit = describe_component_misfit(model, component);
  return report;
}

constexpr int kNameColumn = 15;  // "image_encoder:", the longest name, and a space

std::string quoted(const std::string& text) {
  std::string out;
  io::append_json_string(out, text);
  return out;
}

// 1524623082 -> "1,524,623,082"
std::string grouped(uint64_t number) {
  std::string digits = std::to_string(number);
  for (auto place = static_cast<ptrdiff_t>(digits.size()) - 3; place > 0; place -= 3) {
    digits.insert(static_cast<size_t>(place), 1, ',');
  }
  return digits;
}

template <typename Items, typename ToJson>
std::string json_list(const Items& items, ToJson to_json) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "\n    " : ",\n    ") + to_json(item);
  return out.empty() ? "[]" : "[" + out + "\n  ]";
}

}  // namespace

ModelReport describe_model(const std::string& name, torch::Dtype wanted, const CancelToken* cancel) {
  const ModelFiles model = open_model(name, wanted);
  ModelReport report;
  report.path = model.path.string();
  report.form = model.is_folder ? "folder" : "single file";
  report.hash = model.hash;
  report.frames = model.configs.unet.num_frames;
  report.compression = model.configs.vae.compression();
  std::set<std::filesystem::path> paths;
  for (const ModelComponent* component : model.components()) {
    report.components.push_back(describe_component(model, *component));
    for (const auto& file : component->files) paths.insert(file->path());
  }
  for (const auto& path : paths) report.files.push_back(describe_file(path, cancel));
  return report;
}

std::string to_text(const ModelReport& r) {
  std::ostringstream out;
  out << "model:      " << r.path << " (" << r.form << ")\n"
      << "hash:       " << r.hash << "\n"
      << "frames:     " << r.frames << "\n"
      << "latents:    1/" << r.compression << " of the picture's width and height\n";
  for (const ComponentReport& c : r.components) {
    out << std::left << std::setw(kNameColumn) << c.name + ":" << c.class_name << ", "
        << grouped(static_cast<uint64_t>(c.parameters)) << " parameters in " << c.tensors << " tensors, "
        << grouped(c.bytes) << " bytes,";
    for (const auto& [dtype, count] : c.dtypes)
      out << " " << dtype << (c.dtypes.size() > 1 ? concat(" (", count, ")") : "");
    out << "\n";
    if (!c.misfit.empty()) out << "  does not fit its config:" << c.misfit << "\n";
  }
  for (const FileReport& file : r.files) {
    out << file.sha256 << "  " << file.path << " (" << grouped(file.bytes) << " bytes)\n";
  }
  return out.str();
}

std::string to_json(const ModelReport& r) {
  const auto component_json = [](const ComponentReport& c) {
    std::string dtypes;
    for (const auto& [dtype, count] : c.dtypes)
      dtypes += concat(dtypes.empty() ? "" : ", ", quoted(dtype), ": ", count);
    return concat("{\"name\": ", quoted(c.name), ", \"class\": ", quoted(c.class_name),
                  ", \"parameters\": ", c.parameters, ", \"tensors\": ", c.tensors, ", \"bytes\": ", c.bytes,
                  ", \"dtypes\": {", dtypes, "}, \"fits\": ", c.misfit.empty() ? "true" : "false", "}");
  };
  const auto file_json = [](const FileReport& file) {
    return concat("{\"path\": ", quoted(file.path), ", \"bytes\": ", file.bytes,
                  ", \"sha256\": ", quoted(file.sha256), "}");
  };
  return concat("{\n  \"path\": ", quoted(r.path), ",\n  \"form\": ", quoted(r.form),
                ",\n  \"hash\": ", quoted(r.hash), ",\n  \"frames\": ", r.frames,
                ",\n  \"compression\": ", r.compression,
                ",\n  \"components\": ", json_list(r.components, component_json),
                ",\n  \"files\": ", json_list(r.files, file_json), "\n}");
}

}  // namespace sfv::checkpoint
