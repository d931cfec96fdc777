#include "story/step_list.hpp"

#include <algorithm>
#include <utility>

namespace td::story {

void step_list::add(instant at, lane from, std::vector<lane> to, std::string words, step::tone sounds) {
    for (auto each = steps_.rbegin(); each != steps_.rend() && each->at == at; ++each) {
        if (each->from == from && each->words == words && !to.empty()) {
            each->to.insert(each->to.end(), to.begin(), to.end());
            return;
        }
    }
    steps_.push_back({at, from, std::move(to), std::move(words), sounds});
}

std::vector<step> step_list::take() {
    std::stable_sort(steps_.begin(), steps_.end(), [](const step& a, const step& b) { return a.at < b.at; });
    return std::exchange(steps_, {});
}

}  // namespace td::story
