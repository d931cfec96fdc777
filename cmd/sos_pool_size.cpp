// tdctl sos-pool size: how many numbers a city needs. Looks at no database.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "cmd/sos_pool_print.hpp"
#include "pool/size.hpp"

namespace td::cmd::sos_pool {
namespace {

struct size_options {
    double calls_per_day = 0;
    std::string window;
    std::string guard;
    std::string talk = "3m";
    std::string loss;
    double peak = 1;
};

/// 0.001 or 0.1%.
std::optional<double> parse_share(std::string_view text) {
    const bool percent = !text.empty() && text.back() == '%';
    text.remove_suffix(percent ? 1 : 0);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
        return std::nullopt;
    }
    value = percent ? value / 100 : value;
    return value > 0 && value < 1 ? std::optional(value) : std::nullopt;
}

std::string check_share(const std::string& text) {
    return parse_share(text) ? "" : "'" + text + "' is no share between 0 and 1; write 0.001, or 0.1% for the same";
}

std::string check_duration(const std::string& text) {
    return parse_duration(text) ? "" : "'" + text + "' is no duration; write 45s, 10m or 3h";
}

exit_status size(context& with, const size_options& options) {
    pool::size_wish wish;
    wish.calls_per_day = options.calls_per_day;
    wish.talk = *parse_duration(options.talk);
    wish.loss = *parse_share(options.loss);
    wish.peak = options.peak;
    if (options.window.empty() || options.guard.empty()) {
        const config::settings* settings = with.settings();
        if (settings == nullptr) {
            return exit_status::usage;
        }
        wish.window = settings->sos.window;
        wish.guard = settings->sos.guard;
    }
    wish.window = options.window.empty() ? wish.window : *parse_duration(options.window);
    wish.guard = options.guard.empty() ? wish.guard : *parse_duration(options.guard);
    const auto answer = pool::size_for(wish);
    if (!answer) {
        return with.complain(answer.why());
    }
    if (with.json()) {
        const nlohmann::ordered_json one{{"type", "size"},
                                         {"schema", 1},
                                         {"numbers", answer->numbers},
                                         {"numbers_without_guard", answer->bare_numbers},
                                         {"erlangs", answer->load},
                                         {"loss", answer->loss}};
        with.out() << one.dump() << '\n';
    } else {
        with.out() << answer->numbers << '\n';
    }
    with.say(
        fmt::format("{} calls a day keep {:.2f} numbers busy, each for {}; with {} numbers {:.3g} of the calls find "
                    "none; {} would do if guard times were cut short",
                    options.calls_per_day, answer->load, length_text(wish.talk + wish.window + wish.guard),
                    answer->numbers, answer->loss, answer->bare_numbers));
    return exit_status::done;
}

act declare_size(CLI::App& app) {
    const auto options = std::make_shared<size_options>();
    app.add_option("--calls-per-day", options->calls_per_day, "Emergency calls of the city in a day")
        ->required()
        ->type_name("N");
    app.add_option("--loss", options->loss, "How many calls may find the pool dry: 0.001 or 0.1%")
        ->required()
        ->check(check_share)
        ->type_name("SHARE");
    app.add_option("--window", options->window, "The callback window; that of the configuration otherwise")
        ->check(check_duration)
        ->type_name("TIME");
    app.add_option("--guard", options->guard, "The guard time; that of the configuration otherwise")
        ->check(check_duration)
        ->type_name("TIME");
    app.add_option("--talk", options->talk, "How long a call lasts")
        ->check(check_duration)
        ->type_name("TIME")
        ->capture_default_str();
    app.add_option("--peak", options->peak, "How many times the day's average the busiest hours have")
        ->check(CLI::Range(1.0, 1000.0))
        ->type_name("N")
        ->capture_default_str();
    return [options](context& with) { return size(with, *options); };
}

}  // namespace

verb size_verb() {
    return {"size", "Say how many numbers a city needs (Erlang B)",
            "  tdctl sos-pool size --calls-per-day 40 --window 180m --guard 60m --loss 0.001\n"
            "  NUMBERS=$(tdctl -q sos-pool size --calls-per-day 40 --loss 0.1% --peak 2)\n",
            declare_size};
}

}  // namespace td::cmd::sos_pool
