#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/catalog.h"

namespace twofold::engine {

/// The catalog of one machine: a map that the journal makes durable.
/// `journal` is handed the encoded change, in the turn that made it.
class CatalogState final : public Catalog {
 public:
  using Journal = std::function<void(std::string_view payload)>;
  explicit CatalogState(Journal journal) : journal_(std::move(journal)) {}

  const Document* get(std::string_view key) const override;
  Result<std::uint64_t> put_if(std::string_view key, std::string value,
                               std::uint64_t expected) override;
  Result<> remove_if(std::string_view key, std::uint64_t expected) override;
  std::vector<std::string> list(std::string_view prefix, std::string_view after,
                                std::size_t limit) const override;
  void watch(std::string prefix, CatalogWatch watch) override;

  /// Does a journaled change again.
  Result<> apply(std::string_view payload);
  void snapshot(ByteWriter& out) const;
  /// Restores and tells the watchers of every document.
  Result<> restore(ByteReader& in);

 private:
  using Documents = std::map<std::string, Document, std::less<>>;
  void put(std::string_view key, std::string value, std::uint64_t version);
  void remove(std::string_view key);
  void tell(std::string_view key, const Document* document) const;

  Journal journal_;
  Documents documents_;
  std::vector<std::pair<std::string, CatalogWatch>> watches_;
};

}  // namespace twofold::engine
