#include "pool/callback.hpp"

namespace td::pool {

std::string_view name_of(map_outcome what) {
    switch (what) {
        case map_outcome::written: return "written";
        case map_outcome::superseded: return "superseded";
        case map_outcome::failed: return "failed";
    }
    return "failed";
}

}  // namespace td::pool
