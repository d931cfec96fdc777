#include "pool/size.hpp"

#include <algorithm>
#include <cmath>

namespace td::pool {
namespace {

constexpr double most_load = 1e6;

/// One step of B(n) = A B(n-1) / (n + A B(n-1)): every quantity stays between 0 and the load, so nothing overflows
/// where the textbook formula with its factorials does at 170 numbers.
double next_loss(double load, double loss, std::uint64_t numbers) {
    return load * loss / (static_cast<double>(numbers) + load * loss);
}

double load_of(const size_wish& wish, duration occupied) {
    const double days = std::chrono::duration<double, std::ratio<86400>>(occupied).count();
    // No stretch holds more than all calls of the days that it spans.
    return wish.calls_per_day * std::min(days * wish.peak, std::max(1.0, std::ceil(days)));
}

std::uint64_t numbers_for(double load, double loss) {
    double lost = 1;
    std::uint64_t numbers = 0;
    while (load > 0 && lost > loss) {
        lost = next_loss(load, lost, ++numbers);
    }
    return numbers;
}

failure bad(const char* text) {
    return {failure_kind::bad_input, text};
}

}  // namespace

double erlang_b(double load, std::uint64_t numbers) {
    double lost = load > 0 ? 1 : 0;
    for (std::uint64_t n = 1; n <= numbers; ++n) {
        lost = next_loss(load, lost, n);
    }
    return lost;
}

result<size_answer> size_for(const size_wish& wish) {
    if (!std::isfinite(wish.calls_per_day) || wish.calls_per_day < 0) {
        return bad("calls per day: write a number that is not negative");
    }
    if (!(wish.loss > 0 && wish.loss < 1)) {
        return bad("loss: write a share between 0 and 1, such as 0.001 for one call in a thousand");
    }
    if (!(wish.peak >= 1) || !std::isfinite(wish.peak)) {
        return bad("peak: write how many times the average the busiest stretch is, 1 or more");
    }
    if (wish.window < duration{} || wish.guard < duration{} || wish.talk < duration{}) {
        return bad("window, guard and talk cannot be negative");
    }
    size_answer answer;
    answer.load = load_of(wish, wish.talk + wish.window + wish.guard);
    if (answer.load > most_load) {
        return bad("more than a million numbers would be occupied at once: look at calls per day, window and guard");
    }
    answer.numbers = numbers_for(answer.load, wish.loss);
    answer.loss = erlang_b(answer.load, answer.numbers);
    answer.bare_numbers = numbers_for(load_of(wish, wish.talk + wish.window), wish.loss);
    return answer;
}

}  // namespace td::pool
