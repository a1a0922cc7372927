// An answer of the service, read as each kind of answer: whatever the bytes, it is either taken or refused by value,
// what is taken is clean, and what is refused can be shown to a person.
#pragma once

#include <string_view>

#include "codec/payload.hpp"
#include "core/text.hpp"
#include "tests/fuzz/target.hpp"

namespace fleet_provision {

template <class Answer>
void refused_by_value(const Result<Answer>& answer) {
  const Error& error = answer.error();
  must_hold(error.kind == ErrorKind::kMalformedAnswer, "the kind of a refused answer");
  must_hold(!error.message.empty() && printable(error.message) == error.message, "a message that can be shown");
}

inline void clean(std::string_view text) {
  must_hold(is_utf8(text), "text is UTF-8");
  must_hold(text.size() <= kPayloadBytesMax, "text is no longer than the payload");
}

inline void read_as_created(std::string_view payload, PayloadFormat format, Method method) {
  const auto answer = decode_create_certificate(payload, format, method);
  if (!answer) return refused_by_value(answer);
  must_hold(answer->private_key.has_value() == (method == Method::kKeys), "a private key when one was asked for");
  for (const std::string_view text :
       {std::string_view(answer->certificate_id), std::string_view(answer->certificate_pem),
        answer->certificate_ownership_token.reveal(), answer->private_key ? answer->private_key->reveal() : "x"}) {
    must_hold(!text.empty(), "no empty field");
    clean(text);
  }
}

inline void read_as_registered(std::string_view payload, PayloadFormat format) {
  const auto answer = decode_register_thing(payload, format);
  if (!answer) return refused_by_value(answer);
  if (answer->thing_name) clean(*answer->thing_name);
  RegisterThingRequest request;
  request.certificate_ownership_token = Secret(answer->thing_name.value_or("token"));
  for (const auto& [name, value] : answer->device_configuration) {
    clean(name);
    clean(value);
    request.parameters.emplace(name, value);
  }
  // What was read can be written, and read again as a document of the same format.
  for (const PayloadFormat other : {PayloadFormat::kJson, PayloadFormat::kCbor}) {
    const Secret written = encode(request, other);
    const bool fits = written.size() <= kPayloadBytesMax;
    must_hold(!fits || decode_register_thing(written.reveal(), other), "what was written can be read");
  }
}

inline void read_as_rejected(std::string_view payload, PayloadFormat format) {
  const auto answer = decode_rejected(payload, format);
  if (!answer) return refused_by_value(answer);
  clean(answer->error_code);
  clean(answer->error_message);
}

inline void read_as_everything(std::string_view payload, PayloadFormat format) {
  read_as_created(payload, format, Method::kCsr);
  read_as_created(payload, format, Method::kKeys);
  read_as_registered(payload, format);
  read_as_rejected(payload, format);
}

}  // namespace fleet_provision
