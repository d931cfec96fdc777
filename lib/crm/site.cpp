#include "crm/site.hpp"

#include <utility>

#include "pool/cities.hpp"

namespace td::crm {

call::site_record site_of(const panel_record& panel) {
    call::site_record site;
    if (auto fias = pool::read_fias(panel.where.fias)) {
        site.city = std::move(fias).value();
    }
    site.city_name = panel.where.name;
    site.address = panel.address;
    site.entrance = panel.entrance;
    site.place = panel.place;
    return site;
}

}  // namespace td::crm
