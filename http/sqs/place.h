#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http/sqs/names.h"
#include "http/sqs/options.h"

namespace twofold::http::sqs {

/// Which queue of the broker a queue of SQS is. This is the one place that knows.
///
///   regions = one        the name is the name, whatever account and region say
///   regions = separate   account 000000000000 in us-east-1: the name, too;
///                        others: "name.account.region", for a FIFO queue
///                        "name.account.region.fifo"
///
/// A name of SQS has no dot but that of ".fifo", so no two queues meet. Queues that other protocols
/// made under other names belong to the account 000000000000 in us-east-1.

/// A queue as SQS names it.
struct Place {
  std::string account;
  std::string region;
  std::string name;
};

/// What a client says about a queue. What it does not say is empty.
struct Address {
  std::string_view account;
  std::string_view region;
  std::string_view name;
};
/// Of a URL in any form that AWS, LocalStack or ElasticMQ has, of a path of one, of a bare name.
Address address_in_url(std::string_view url);
Address address_in_path(std::span<const std::string_view> segments);

/// The broker's name of the queue; empty when there can be none. What the address does not say is
/// the caller's.
std::string stored_name(Regions regions, const Address& address, const Caller& caller);

/// The other way round. With one space of names, `account` and `region` are what it is shown with.
Place place_of(Regions regions, std::string_view stored, std::string_view account,
               std::string_view region);

/// The queue's URL after the template: {scheme} {host} {region} {account} {name}. Scheme and host
/// are those of the request: what one client can reach is right for it, inside a container as
/// outside.
std::string queue_url(std::string_view url_template, const Head& head, const Place& place);
std::string queue_arn(const Place& place);

}  // namespace twofold::http::sqs
