#pragma once
// What a verb is run with: the options that stand before every verb, the configuration (read when a verb first asks for
// it, so that --help works on a broken one), and the two streams. Data goes to `out`, words for people go by `say` and
// `complain`.

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cmd/exit_status.hpp"
#include "config/load.hpp"

namespace td::cmd {

enum class verbosity : std::uint8_t { quiet, normal, verbose };
enum class output : std::uint8_t {
    text,
    json,  ///< JSON Lines, each with "type" and "schema":1
};

struct global_options {
    std::optional<std::string> config_file;
    output form = output::text;
    verbosity words = verbosity::normal;
    std::vector<config::override_text> overrides;  ///< --set
};

class context {
public:
    /// `options` is filled by the parser after this; the streams and it must outlive the context.
    context(const global_options& options, config::variable_map variables, std::ostream& out, std::ostream& err);

    [[nodiscard]] const global_options& options() const { return options_; }
    [[nodiscard]] bool json() const { return options_.form == output::json; }
    [[nodiscard]] bool quiet() const { return options_.words == verbosity::quiet; }
    [[nodiscard]] bool verbose() const { return options_.words == verbosity::verbose; }
    [[nodiscard]] const config::variable_map& variables() const { return variables_; }

    /// The configuration with its problems; read at the first call.
    [[nodiscard]] const config::loaded& configuration();
    /// The settings in force. Tells every problem on stderr once; nullptr when one of them is an error, and then the
    /// verb ends with exit_status::usage.
    [[nodiscard]] const config::settings* settings();
    /// The secret that a key of the configuration refers to.
    [[nodiscard]] result<secret> secret_of(const config::secret_ref& reference);

    /// Data.
    [[nodiscard]] std::ostream& out() { return out_; }
    /// One line for people, on stderr, unless -q.
    void say(std::string_view words);
    /// One line for people that -q does not silence.
    void complain(std::string_view words);
    /// Says why on stderr, and gives the exit status that belongs to it.
    [[nodiscard]] exit_status complain(const failure& why);

private:
    const global_options& options_;
    config::variable_map variables_;
    std::ostream& out_;
    std::ostream& err_;
    std::optional<config::loaded> loaded_;
    bool told_ = false;
};

}  // namespace td::cmd
