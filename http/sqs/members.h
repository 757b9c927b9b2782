#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "http/sqs/request.h"

namespace twofold::http::sqs {

/// One parameter: what it is called in JSON and in a form, and where it goes. What it is written as
/// follows from where it goes. An empty name: not in that protocol.
template <class T>
struct Member {
  std::string_view json;
  std::string_view form;  ///< of lists and maps without the ".1" that follows
  std::variant<std::optional<std::string_view> T::*, std::optional<std::int64_t> T::*,
               std::vector<std::string_view> T::*, std::vector<NameAndValue> T::*,
               std::vector<Tag> T::*, std::vector<MessageAttribute> T::*, std::vector<Item> T::*>
      place;
};

template <class T>
inline constexpr auto kItemMembers = std::to_array<Member<T>>({
    {"Id",                      "Id",                     &T::id                },
    {"MessageBody",             "MessageBody",            &T::body              },
    {"DelaySeconds",            "DelaySeconds",           &T::delay_seconds     },
    {"MessageAttributes",       "MessageAttribute",       &T::attributes        },
    {"MessageSystemAttributes", "MessageSystemAttribute", &T::system_attributes },
    {"MessageGroupId",          "MessageGroupId",         &T::group_id          },
    {"MessageDeduplicationId",  "MessageDeduplicationId", &T::dedup_id          },
    {"ReceiptHandle",           "ReceiptHandle",          &T::receipt_handle    },
    {"VisibilityTimeout",       "VisibilityTimeout",      &T::visibility_timeout},
});

// Several names for one place: what differs between actions, and what old clients send.
inline constexpr auto kRequestMembers = std::to_array<Member<Request>>({
    {"QueueUrl",                     "QueueUrl",                                 &Request::queue_url              },
    {"QueueName",                    "QueueName",                                &Request::queue_name             },
    {"QueueNamePrefix",              "QueueNamePrefix",                          &Request::queue_name_prefix      },
    {"QueueOwnerAWSAccountId",       "QueueOwnerAWSAccountId",                   &Request::owner_account          },
    {"NextToken",                    "NextToken",                                &Request::next_token             },
    {"Label",                        "Label",                                    &Request::label                  },
    {"SourceArn",                    "SourceArn",                                &Request::source_arn             },
    {"DestinationArn",               "DestinationArn",                           &Request::destination_arn        },
    {"TaskHandle",                   "TaskHandle",                               &Request::task_handle            },
    {"ReceiveRequestAttemptId",      "ReceiveRequestAttemptId",                  &Request::attempt_id             },
    {"MaxNumberOfMessages",          "MaxNumberOfMessages",                      &Request::max_messages           },
    {"WaitTimeSeconds",              "WaitTimeSeconds",                          &Request::wait_seconds           },
    {"MaxResults",                   "MaxResults",                               &Request::max_results            },
    {"MaxNumberOfMessagesPerSecond", "MaxNumberOfMessagesPerSecond",             &Request::messages_per_second    },
    {"AttributeNames",               "AttributeName",                            &Request::attribute_names        },
    {"MessageSystemAttributeNames",  "MessageSystemAttributeName",               &Request::system_attribute_names },
    {"MessageAttributeNames",        "MessageAttributeName",                     &Request::message_attribute_names},
    {"",                             "MessageAttributeNames",                    &Request::message_attribute_names},
    {"TagKeys",                      "TagKey",                                   &Request::tag_keys               },
    {"AWSAccountIds",                "AWSAccountId",                             &Request::account_ids            },
    {"Actions",                      "ActionName",                               &Request::actions                },
    {"Attributes",                   "Attribute",                                &Request::queue_attributes       },
    {"Tags",                         "Tag",                                      &Request::tags                   },
    {"tags",                         "",                                         &Request::tags                   },
    {"Entries",                      "SendMessageBatchRequestEntry",             &Request::entries                },
    {"",                             "DeleteMessageBatchRequestEntry",           &Request::entries                },
    {"",                             "ChangeMessageVisibilityBatchRequestEntry", &Request::entries                },
});

/// The member of that name, nullptr when nobody knows it (it is then ignored, as AWS does).
template <class T>
const Member<T>* find_member(std::string_view Member<T>::*name_in, std::string_view name) {
  if (name.empty()) return nullptr;
  for (const Member<T>& member : kItemMembers<T>) {
    if (member.*name_in == name) return &member;
  }
  if constexpr (std::is_same_v<T, Request>) {
    for (const Member<T>& member : kRequestMembers) {
      if (member.*name_in == name) return &member;
    }
  }
  return nullptr;
}

}  // namespace twofold::http::sqs
