// Requests of Amazon SQS: both protocols, and signatures.
#include "engine/base/check.h"
#include "http/call.h"
#include "http/head_check.h"
#include "http/sqs/fault.h"
#include "http/sqs/form.h"
#include "http/sqs/json_protocol.h"
#include "http/sqs/query_protocol.h"
#include "http/sqs/request.h"
#include "http/sqs/sigv4.h"
#include "http/target.h"
#include "http/utf8.h"
#include "tests/fuzz/target.h"

namespace twofold::fuzz {
namespace {

using namespace http;

void sqs_json(std::string_view bytes) {
  Scratch scratch;
  const auto request = sqs::read_json_request(bytes, scratch);
  if (!request) TF_CHECK(is_utf8(request.fault().message));
}

std::vector<std::string> sqs_json_requests() {
  return {
      R"({"QueueUrl":"http://localhost:8080/000000000000/q","MessageBody":"hello","DelaySeconds":"3",)"
      R"("MessageAttributes":{"a":{"DataType":"Number.int","StringValue":"1"},"b":{"DataType":"Binary","BinaryValue":"AAEC"}},)"
      R"("MessageGroupId":"g","MessageDeduplicationId":"d"})",
      R"({"QueueUrl":"u","Entries":[{"Id":"1","MessageBody":"a"},{"Id":"2","ReceiptHandle":"r","VisibilityTimeout":0}]})",
      R"({"QueueName":"q.fifo","Attributes":{"FifoQueue":"true","RedrivePolicy":"{\"maxReceiveCount\":3}"},"tags":{"t":"v"}})",
      R"({"QueueUrl":"u","AttributeNames":["All"],"MaxNumberOfMessages":10,"WaitTimeSeconds":20})",
  };
}

void sqs_form(std::string_view bytes) {
  http::Target target;
  TF_CHECK(target.parse("/"));
  Scratch scratch;
  const auto form = sqs::read_form(target, bytes, scratch);
  if (!form) return;
  const auto request = sqs::read_form_request(*form, scratch);
  if (!request) TF_CHECK(is_utf8(request.fault().message));
}

std::vector<std::string> sqs_forms() {
  return {
      "Action=SendMessage&QueueUrl=http%3A%2F%2Flocalhost%2F0%2Fq&MessageBody=hello+there&"
      "DelaySeconds=3"
      "&MessageAttribute.1.Name=a&MessageAttribute.1.Value.DataType=String&MessageAttribute.1."
      "Value.StringValue=x",
      "Action=SendMessageBatch&SendMessageBatchRequestEntry.1.Id=1&SendMessageBatchRequestEntry.1."
      "MessageBody=a"
      "&SendMessageBatchRequestEntry.2.Id=2&SendMessageBatchRequestEntry.2.MessageBody=b",
      "Action=CreateQueue&QueueName=q&Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=40&Tag."
      "1.Key=k&Tag.1.Value=v",
      "Action=ReceiveMessage&AttributeName=All&MaxNumberOfMessages=10",
  };
}

// A head with a signature: whatever it says, the canonical request can be built and signed.
void sqs_signature(std::string_view bytes) {
  Head head;
  if (check_head(bytes, head)) return;
  http::Target target;
  if (!target.parse(head.target)) return;
  const auto signature = sqs::read_signature(head, target);
  if (!signature) return;
  const bool in_scope{sqs::check_scope(*signature, engine::WallTime{1'767'323'045'000})};
  const bool all_signed{sqs::check_signed_headers(*signature, head)};
  const auto hash = sqs::payload_hash(head, "body");
  if (!in_scope || !all_signed || !hash) return;
  const auto canonical = sqs::canonical_request(*signature, head, target, head.host, *hash);
  const auto key = sqs::signing_key("secret", signature->date, signature->region);
  const std::string expected = sqs::sign(key, *signature, canonical);
  TF_CHECK(expected.size() == 64);
  TF_CHECK(sqs::same_signature(expected, expected));
  TF_CHECK(!sqs::same_signature(expected, signature->value) || signature->value == expected);
}

std::vector<std::string> signed_heads() {
  return {
      "POST / HTTP/1.1\r\nHost: localhost:8080\r\nX-Amz-Date: 20260102T030405Z\r\nContent-Length: "
      "4\r\n"
      "X-Amz-Target: AmazonSQS.SendMessage\r\nAuthorization: AWS4-HMAC-SHA256 "
      "Credential=AKID/20260102/us-east-1/sqs/aws4_request, "
      "SignedHeaders=host;x-amz-date;x-amz-target, "
      "Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n\r\n",
      "GET "
      "/?Action=ListQueues&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20260102%2Fus-"
      "east-1"
      "%2Fsqs%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
      "&X-Amz-Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef "
      "HTTP/1.1\r\n"
      "Host: localhost\r\n\r\n",
  };
}

constexpr fuzz::Target kTargets[] = {
    {"sqs_json",      sqs_json,      sqs_json_requests},
    {"sqs_form",      sqs_form,      sqs_forms        },
    {"sqs_signature", sqs_signature, signed_heads     },
};

}  // namespace

std::span<const Target> sqs_targets() { return kTargets; }

}  // namespace twofold::fuzz
