// SPDX-License-Identifier: Apache-2.0
#include "pipelines/tensor/function.h"

#include <ATen/ATen.h>
#include <ATen/ScalarOps.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "pipelines/recipe/expression.h"

namespace inferad::tensor {

namespace {

using recipe::Expression;
using Kind = Expression::Kind;

std::optional<at::Scalar> as_scalar(const recipe::Value& value) {
  if (const auto* flag = std::get_if<bool>(&value.is)) return at::Scalar(*flag);
  if (const auto* integer = std::get_if<std::int64_t>(&value.is)) return at::Scalar(*integer);
  if (const auto* number = std::get_if<double>(&value.is)) return at::Scalar(*number);
  return std::nullopt;
}

// A Python number: it takes the tensor's type where the tensor can hold it.
at::Tensor number_like_python(const at::Scalar& scalar) {
  auto tensor = c10::scalar_to_tensor(scalar);
  tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
  return tensor;
}

c10::optional<std::int64_t> bound(const Expression& part) {
  const auto* number = std::get_if<std::int64_t>(&part.value.is);
  return number != nullptr ? c10::optional<std::int64_t>(*number) : c10::nullopt;
}

// x[…] with constant indices, axis after axis.
class Subscript {
 public:
  explicit Subscript(const Expression& expression) : indices_(expression.parts.begin() + 1, expression.parts.end()) {}

  Result<at::Tensor> of(at::Tensor tensor) const {
    const auto lists = count([](const auto& e) { return is_list(e); });
    const auto numbers = count([](const auto& e) { return is_number(e); });
    if (lists > 1 || (lists == 1 && numbers > 0))
      return Error{Errc::model, "an index of lists together with lists or numbers is not supported"};
    const auto used = lists + numbers + count([](const auto& e) { return e.kind == Kind::slice; });
    if (used > tensor.dim())
      return Error{Errc::model, fmt::format("{} indices for a tensor of {} axes", used, tensor.dim())};
    std::int64_t axis = 0;
    for (const auto& index : indices_) {
      if (index.kind == Kind::ellipsis) {
        axis += tensor.dim() - axis - remaining_after(index);
      } else if (is_number(index)) {
        tensor = tensor.select(axis, std::get<std::int64_t>(index.value.is));
      } else {
        tensor = with_axis(tensor, axis++, index);
      }
    }
    return tensor;
  }

 private:
  static bool is_number(const Expression& e) {
    return e.kind == Kind::literal && std::holds_alternative<std::int64_t>(e.value.is);
  }
  static bool is_list(const Expression& e) {
    return e.kind == Kind::literal && std::holds_alternative<recipe::List>(e.value.is);
  }

  template <class Is>
  std::int64_t count(Is is) const {
    return std::count_if(indices_.begin(), indices_.end(), is);
  }

  // Axes of the tensor that the indices after this one use.
  std::int64_t remaining_after(const Expression& index) const {
    const auto* end = indices_.data() + indices_.size();
    return std::count_if(&index + 1, end,
                         [](const Expression& e) { return !e.value.is_none() || e.kind == Kind::slice; });
  }

  static at::Tensor with_axis(const at::Tensor& tensor, std::int64_t axis, const Expression& index) {
    if (index.kind == Kind::slice) {
      const auto step = bound(index.parts[2]);
      return tensor.slice(axis, bound(index.parts[0]), bound(index.parts[1]), step ? *step : 1);
    }
    if (index.value.is_none()) return tensor.unsqueeze(axis);
    std::vector<std::int64_t> places;
    for (const auto& value : std::get<recipe::List>(index.value.is)) {
      const auto place = std::get<std::int64_t>(value.is);
      places.push_back(place < 0 ? place + tensor.size(axis) : place);
    }
    return tensor.index_select(axis, at::tensor(places, at::kLong).to(tensor.device()));
  }

  std::vector<Expression> indices_;
};

using Binary = at::Tensor (*)(const at::Tensor&, const at::Tensor&);

const std::map<std::string, Binary, std::less<>>& binaries() {
  using T = const at::Tensor&;
  static const std::map<std::string, Binary, std::less<>> table{
      {"+", [](T a, T b) { return at::add(a, b); }},
      {"-", [](T a, T b) { return at::sub(a, b); }},
      {"*", [](T a, T b) { return at::mul(a, b); }},
      {"/", [](T a, T b) { return at::true_divide(a, b); }},
      {"//", [](T a, T b) { return at::div(a, b, "floor"); }},
      {"%", [](T a, T b) { return at::remainder(a, b); }},
      {"**", [](T a, T b) { return at::pow(a, b); }},
      {"&", [](T a, T b) { return at::bitwise_and(a, b); }},
      {"|", [](T a, T b) { return at::bitwise_or(a, b); }},
      {"^", [](T a, T b) { return at::bitwise_xor(a, b); }},
      {"<", [](T a, T b) { return at::lt(a, b); }},
      {"<=", [](T a, T b) { return at::le(a, b); }},
      {">", [](T a, T b) { return at::gt(a, b); }},
      {">=", [](T a, T b) { return at::ge(a, b); }},
      {"==", [](T a, T b) { return at::eq(a, b); }},
      {"!=", [](T a, T b) { return at::ne(a, b); }},
  };
  return table;
}

class Evaluation {
 public:
  explicit Evaluation(const at::Tensor& argument) : argument_(argument) {}

  Result<at::Tensor> of(const Expression& e) const {
    switch (e.kind) {
      case Kind::name:
        return argument_;
      case Kind::literal:
        if (const auto scalar = as_scalar(e.value)) return number_like_python(*scalar);
        break;
      case Kind::subscript: {
        INFERAD_TRY(auto object, of(e.parts[0]));
        return Subscript(e).of(std::move(object));
      }
      case Kind::unary:
        return unary(e);
      case Kind::binary:
      case Kind::comparison: {
        INFERAD_TRY(const auto left, of(e.parts[0]));
        INFERAD_TRY(const auto right, of(e.parts[1]));
        if (const auto found = binaries().find(e.text); found != binaries().end()) return found->second(left, right);
        break;
      }
      case Kind::call:
        return call(e);
      default:
        break;
    }
    return not_supported(e);
  }

 private:
  static Error not_supported(const Expression& e) {
    return {Errc::model, recipe::describe(e) + " is not supported on tensors"};
  }

  Result<at::Tensor> unary(const Expression& e) const {
    INFERAD_TRY(const auto operand, of(e.parts[0]));
    if (e.text == "-") return at::neg(operand);
    if (e.text == "~") return at::bitwise_not(operand);
    if (e.text == "+") return operand;
    return not_supported(e);
  }

  Result<at::Tensor> call(const Expression& e) const {
    if (e.text == "torch.where") return where(e);
    if (e.text == "torch.nan_to_num") return nan_to_num(e);
    return not_supported(e);
  }

  Result<at::Tensor> where(const Expression& e) const {
    INFERAD_TRY(const auto condition, of(e.parts[0]));
    const auto yes = as_scalar(e.parts[1].value), no = as_scalar(e.parts[2].value);
    if (yes && no) return at::where(condition, *yes, *no);
    if (yes) {
      INFERAD_TRY(const auto other, of(e.parts[2]));
      return at::where(condition, *yes, other);
    }
    INFERAD_TRY(const auto chosen, of(e.parts[1]));
    if (no) return at::where(condition, chosen, *no);
    INFERAD_TRY(const auto other, of(e.parts[2]));
    const auto type = at::result_type(chosen, other);
    return at::where(condition, chosen.to(type), other.to(type));
  }

  Result<at::Tensor> nan_to_num(const Expression& e) const {
    static constexpr std::string_view kNames[] = {"nan", "posinf", "neginf"};
    INFERAD_TRY(const auto operand, of(e.parts[0]));
    c10::optional<double> replacements[3];
    const auto positional = e.parts.size() - e.keywords.size();
    for (std::size_t n = 1; n < e.parts.size(); ++n) {
      const auto* name =
          n < positional ? &kNames[n - 1] : std::find(std::begin(kNames), std::end(kNames), e.keywords[n - positional]);
      if (name == std::end(kNames)) return not_supported(e);
      if (e.parts[n].value.is_none() && e.parts[n].kind == Kind::literal) continue;
      const auto scalar = as_scalar(e.parts[n].value);
      if (!scalar) return not_supported(e);
      replacements[name - kNames] = scalar->toDouble();
    }
    return at::nan_to_num(operand, replacements[0], replacements[1], replacements[2]);
  }

  const at::Tensor& argument_;
};

}  // namespace

Result<at::Tensor> call(const recipe::Function& function, const at::Tensor& argument) {
  INFERAD_CHECK(function.body != nullptr);
  auto result = Evaluation(argument).of(*function.body);
  if (!result) return with_context(std::move(result).error(), function.source);
  return result;
}

}  // namespace inferad::tensor
