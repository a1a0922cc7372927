// The PolicyDocument of a template: a policy document with functions at any depth, the document as text, or a function
// that gives this text (AWS IoT developer guide, "Provisioning templates").
#pragma once

#include <string>

#include "core/result.hpp"
#include "service/expression.hpp"
#include "service/expression_check.hpp"
#include "service/value.hpp"

namespace fleet_provision::simulator {

/// kConfiguration when no parameters could make it a policy document; `place` begins the message.
[[nodiscard]] Result<void> check_policy_template(const Value& document, const Declarations& declared,
                                                 const std::string& place);

/// The document of one device, as JSON text that Policy::parse accepts. 400 InvalidParameters when it would not.
[[nodiscard]] Accepted<std::string> render_policy_template(const Value& document, const Scope& scope);

}  // namespace fleet_provision::simulator
