// The template `gateway`, used when the command line names none, and the policy `gateway` that it attaches.
#pragma once

#include <string_view>

namespace fleet_provision::simulator {

inline constexpr std::string_view kBuiltinTemplateName = "gateway";

inline constexpr std::string_view kBuiltinTemplateBody = R"({
  "Parameters": {
    "SerialNumber": { "Type": "String" },
    "AWS::IoT::Certificate::Id": { "Type": "String" }
  },
  "Resources": {
    "thing": {
      "Type": "AWS::IoT::Thing",
      "Properties": {
        "ThingName": { "Fn::Join": ["-", ["gateway", { "Ref": "SerialNumber" }]] },
        "AttributePayload": { "serialNumber": { "Ref": "SerialNumber" } }
      },
      "OverrideSettings": { "AttributePayload": "MERGE", "ThingTypeName": "REPLACE", "ThingGroups": "DO_NOTHING" }
    },
    "certificate": {
      "Type": "AWS::IoT::Certificate",
      "Properties": { "CertificateId": { "Ref": "AWS::IoT::Certificate::Id" }, "Status": "Active" }
    },
    "policy": {
      "Type": "AWS::IoT::Policy",
      "Properties": { "PolicyName": "gateway" }
    }
  },
  "DeviceConfiguration": {}
})";

inline constexpr std::string_view kBuiltinPolicyName = "gateway";
/// A registered gateway may do everything that AWS IoT has.
inline constexpr std::string_view kBuiltinPolicyDocument = R"({
  "Version": "2012-10-17",
  "Statement": { "Effect": "Allow", "Action": "iot:*", "Resource": "*" }
})";

}  // namespace fleet_provision::simulator
