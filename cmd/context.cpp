#include "cmd/context.hpp"

#include <cstddef>
#include <limits>
#include <utility>

#include "config/words.hpp"

namespace td::cmd {
namespace {

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

}  // namespace

context::context(const global_options& options, config::variable_map variables, std::ostream& out, std::ostream& err)
    : options_(options), variables_(std::move(variables)), out_(out), err_(err) {}

const config::loaded& context::configuration() {
    if (!loaded_) {
        config::sources from;
        from.file = options_.config_file;
        from.variables = variables_;
        from.overrides = options_.overrides;
        loaded_ = config::load(from);
    }
    return *loaded_;
}

const config::settings* context::settings() {
    const config::loaded& read = configuration();
    if (!told_) {
        told_ = true;
        for (const config::problem& each : read.problems) {
            if (each.how == config::problem::weight::error) {
                complain(config::text_of(each));
            } else {
                say(config::text_of(each));
            }
        }
        if (!read.usable()) {
            complain("the configuration cannot be used; `tdctl config check` lists what is wrong with it");
        }
    }
    return read.usable() ? &read.values : nullptr;
}

result<secret> context::secret_of(const config::secret_ref& reference) {
    auto found = config::resolve(reference, variables_);
    if (found) {
        return found;
    }
    failure why = found.why();
    if (why.kind == failure_kind::not_found) {
        why.kind = failure_kind::bad_input;  // a secret that is not there is a mistake of the configuration
    }
    for (const config::problem& each : config::problems_of_secrets(configuration())) {
        if (each.text.ends_with(why.text)) {
            config::problem fatal = each;  // with its place, its key, and what to do
            fatal.how = config::problem::weight::error;
            why.text = config::text_of(fatal);
            break;
        }
    }
    return why;
}

void context::say(std::string_view words) {
    if (!quiet()) {
        complain(words);
    }
}

void context::complain(std::string_view words) {
    // A message may quote a file, a server or a database; none of them may speak to the terminal.
    err_ << "tdctl: ";
    for (std::size_t end = words.find('\n'); end != std::string_view::npos; end = words.find('\n')) {
        err_ << config::printable(words.substr(0, end), unlimited) << '\n';
        words.remove_prefix(end + 1);
    }
    err_ << config::printable(words, unlimited) << '\n' << std::flush;
}

exit_status context::complain(const failure& why) {
    complain(std::string_view(why.text));
    return status_of(why.kind);
}

}  // namespace td::cmd
