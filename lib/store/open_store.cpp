#include "store/open_store.hpp"

#include "base/overloaded.hpp"
#include "store/mysql_store.hpp"
#include "store/sqlite_store.hpp"

namespace td::store {

result<std::unique_ptr<ports::number_store>> open_store(const store_options& options) {
    const auto place = read_store_url(options.url);
    if (!place) {
        return place.why();
    }
    return std::visit(overloaded{[&](const sqlite_place& where) -> std::unique_ptr<ports::number_store> {
                                     return std::make_unique<sqlite_store>(where, options);
                                 },
                                 [&](const mysql_place& where) -> std::unique_ptr<ports::number_store> {
                                     return std::make_unique<mysql_store>(where, options);
                                 }},
                      *place);
}

}  // namespace td::store
