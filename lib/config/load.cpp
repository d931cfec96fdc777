#include "config/load.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "config/check.hpp"
#include "config/keys.hpp"
#include "config/toml_text.hpp"
#include "config/words.hpp"

namespace td::config {
namespace {

constexpr std::string_view prefix = "TDCTL_";
constexpr std::array<std::string_view, 2> other_variables{"TDCTL_CONFIG", "TDCTL_CACHE"};

/// A value as a message shows it: nothing of a secret, and no password that somebody put into a URL or behind a user.
std::string shown(const key& of, const std::string& value) {
    if (of.kind == key_kind::secret) {
        return "(not shown)";
    }
    const std::size_t scheme = value.find("://");
    if (of.kind == key_kind::address || scheme != std::string::npos) {
        const std::size_t at = value.rfind('@');
        std::string masked = at == std::string::npos ? value
                                                     : value.substr(0, scheme == std::string::npos ? 0 : scheme + 3) +
                                                           "***" + value.substr(at);
        if (const std::size_t more = masked.find_first_of("?#"); more != std::string::npos) {
            masked.replace(more + 1, std::string::npos, "***");  // ?token=…
        }
        return in_quotes(printable(masked));
    }
    if (of.full_name() == "ari.user") {
        const std::size_t colon = value.find(':');
        return in_quotes(printable(value.substr(0, colon)) + (colon == std::string::npos ? "" : ":***"));
    }
    return in_quotes(printable(value));
}

/// A source under way: values go into `made`, problems too.
class reading {
public:
    explicit reading(loaded& made) : made_(made), keys_(keys()) { made_.origins.resize(keys_.size()); }

    void take_file(std::string_view text, const std::string& name);
    void take_environment();
    void take_override(const override_text& given);
    void check();
    void add(problem found);

private:
    struct source {
        origin from;
        std::string where;
    };

    void take_entry(const toml_entry& entry);
    void unknown_section(const toml_entry& entry);
    void unknown_key(const toml_entry& entry);
    void wrong_type(const key& of, const toml_entry& entry);
    void take_value(std::size_t place, const std::string& value, const source& from);
    void refuse(const key& of, const std::string& value, const std::string& why, const source& from);
    void warn_of_variable(const std::string& name, const std::set<std::string, std::less<>>& known);
    [[nodiscard]] std::size_t find(std::string_view section, std::string_view name) const;
    [[nodiscard]] std::vector<std::string> sections() const;
    [[nodiscard]] std::vector<std::string> names(std::string_view section) const;

    loaded& made_;
    std::vector<key> keys_;
};

void reading::add(problem found) {
    if (made_.problems.size() < problem_limit) {
        made_.problems.push_back(std::move(found));
    } else if (made_.problems.size() == problem_limit) {
        made_.problems.push_back({problem::weight::error, "", 0, "",
                                  "there are more problems than " + std::to_string(problem_limit),
                                  "correct these first and check again"});
    }
}

std::size_t reading::find(std::string_view section, std::string_view name) const {
    const auto found = std::find_if(keys_.begin(), keys_.end(),
                                    [&](const key& each) { return each.section == section && each.name == name; });
    return static_cast<std::size_t>(found - keys_.begin());
}

std::vector<std::string> reading::sections() const {
    std::vector<std::string> all;
    for (const key& each : keys_) {
        if (all.empty() || all.back() != each.section) {
            all.emplace_back(each.section);
        }
    }
    return all;
}

std::vector<std::string> reading::names(std::string_view section) const {
    std::vector<std::string> all;
    for (const key& each : keys_) {
        if (each.section == section) {
            all.emplace_back(each.name);
        }
    }
    return all;
}

std::string meant(std::string_view written, const std::vector<std::string>& known, std::string_view open,
                  std::string_view close) {
    const std::string_view near = nearest(written, known);
    if (!near.empty()) {
        return "did you mean " + std::string(open) + std::string(near) + std::string(close) + "?";
    }
    std::string all;
    for (const std::string& each : known) {
        all.append(all.empty() ? "" : ", ").append(each);
    }
    return "there are " + all;
}

void reading::take_file(std::string_view text, const std::string& name) {
    made_.file = name;
    const toml_contents contents = read_toml(text);
    for (const toml_error& each : contents.errors) {
        add({problem::weight::error, name, each.line, "", "this is not TOML: " + each.text,
             "see tdctl.toml(5); the rest is read as far as possible"});
    }
    for (const toml_entry& each : contents.entries) {
        take_entry(each);
    }
}

void reading::take_entry(const toml_entry& entry) {
    const std::vector<std::string> known = sections();
    if (std::find(known.begin(), known.end(), entry.section) == known.end()) {
        unknown_section(entry);
        return;
    }
    if (entry.name.empty()) {
        if (entry.value.what != toml_value::kind::section) {
            add({problem::weight::error, made_.file, entry.line, entry.section,
                 in_quotes(entry.section) + " is " + std::string(entry.value.name) + ", not a section",
                 "write [" + entry.section + "] and the keys below it"});
        }
        return;
    }
    const std::size_t place = find(entry.section, entry.name);
    if (place == keys_.size()) {
        unknown_key(entry);
        return;
    }
    const auto wanted = keys_[place].kind == key_kind::number ? toml_value::kind::number : toml_value::kind::text;
    if (entry.value.what != wanted) {
        wrong_type(keys_[place], entry);
        return;
    }
    take_value(place, entry.value.text, {{origin::kind::file, entry.line, ""}, made_.file});
}

void reading::unknown_section(const toml_entry& entry) {
    const bool outside = entry.name.empty() && entry.value.what != toml_value::kind::section;
    if (outside) {
        add({problem::weight::error, made_.file, entry.line, printable(entry.section),
             "the key " + in_quotes(printable(entry.section)) + " stands outside of every section",
             "put it below its section, such as [door]"});
        return;
    }
    const std::string name = printable(entry.section);
    const auto told = [&](const problem& each) { return each.key == name && each.where == made_.file; };
    if (std::none_of(made_.problems.begin(), made_.problems.end(), told)) {
        add({problem::weight::error, made_.file, entry.line, name, "there is no section [" + name + "]",
             meant(entry.section, sections(), "[", "]")});
    }
}

void reading::unknown_key(const toml_entry& entry) {
    // The value is not shown: a mistyped "pasword" may hold one.
    std::string remedy = meant(entry.name, names(entry.section), "\"", "\"");
    const auto elsewhere =
        std::find_if(keys_.begin(), keys_.end(), [&](const key& each) { return each.name == entry.name; });
    if (elsewhere != keys_.end() && remedy.starts_with("there are")) {
        remedy = "it belongs below [" + std::string(elsewhere->section) + "]";
    }
    add({problem::weight::error, made_.file, entry.line, printable(entry.section + "." + entry.name),
         "there is no key " + in_quotes(printable(entry.name)) + " in [" + entry.section + "]", remedy});
}

void reading::wrong_type(const key& of, const toml_entry& entry) {
    std::string remedy = "it wants " + of.wants;
    if (of.kind == key_kind::number && entry.value.what == toml_value::kind::text) {
        remedy.append(", without quotes");
    } else if (of.kind != key_kind::number && entry.value.what == toml_value::kind::number) {
        remedy.append(", in quotes");
    }
    add({problem::weight::error, made_.file, entry.line, of.full_name(),
         of.full_name() + " is " + std::string(entry.value.name) +
             (entry.value.text.empty() || of.kind == key_kind::secret ? "" : ", " + shown(of, entry.value.text)),
         remedy});
}

void reading::take_value(std::size_t place, const std::string& value, const source& from) {
    const std::string why = keys_[place].take(made_.values, value);
    if (why.empty()) {
        made_.origins[place] = from.from;
    } else {
        refuse(keys_[place], value, why, from);
    }
}

void reading::refuse(const key& of, const std::string& value, const std::string& why, const source& from) {
    std::string remedy = "it wants " + of.wants;
    if (of.kind == key_kind::secret) {
        remedy =
            "keep it in a variable, a file or a credential, and write env:NAME, file:/PATH or credential:NAME here";
    }
    add({problem::weight::error, from.where, from.from.line, of.full_name(),
         of.full_name() + " = " + shown(of, value) + ": " + why, remedy});
}

void reading::take_environment() {
    std::set<std::string, std::less<>> known(other_variables.begin(), other_variables.end());
    for (std::size_t place = 0; place < keys_.size(); ++place) {
        const std::string name = keys_[place].variable();
        known.insert(name);
        const auto found = made_.variables.find(name);
        if (found == made_.variables.end()) {
            continue;
        }
        std::string value = found->second;
        if (keys_[place].kind == key_kind::secret && !value.empty() && !parse_secret_ref(value)) {
            value = "env:" + name;  // the variable of a secret may hold the secret itself
        }
        take_value(place, value, {{origin::kind::environment, 0, name}, name});
    }
    for (const key& each : keys_) {
        if (each.kind == key_kind::secret && each.show(made_.values).starts_with("env:")) {
            known.insert(each.show(made_.values).substr(4));
        }
    }
    for (const auto& [name, value] : made_.variables) {
        if (name.starts_with(prefix) && known.count(name) == 0) {
            warn_of_variable(name, known);
        }
    }
}

void reading::warn_of_variable(const std::string& name, const std::set<std::string, std::less<>>& known) {
    const std::string_view rest = std::string_view(name).substr(prefix.size());
    std::string near(nearest(name, std::vector<std::string>(known.begin(), known.end())));
    std::vector<std::string> of_section;
    for (const key& each : keys_) {
        const std::string variable = each.variable();
        if (near.empty() && !rest.empty() && variable.ends_with("_" + std::string(rest))) {
            near = variable;  // the section was left out
        }
        const std::string section = variable.substr(0, prefix.size() + each.section.size() + 1);
        if (name.starts_with(section)) {
            of_section.push_back(variable);
        }
    }
    const std::string remedy = !near.empty()        ? "did you mean " + near + "?"
                               : of_section.empty() ? "tdctl.toml(5) has the keys; unset it"
                                                    : meant("", of_section, "", "");
    add({problem::weight::warning, printable(name), 0, "", "no key belongs to the variable " + printable(name),
         remedy});
}

void reading::take_override(const override_text& given) {
    const std::size_t dot = given.key.find('.');
    const std::size_t place = dot == std::string::npos ? keys_.size()
                                                       : find(std::string_view(given.key).substr(0, dot),
                                                              std::string_view(given.key).substr(dot + 1));
    if (place < keys_.size()) {
        take_value(place, given.value, {{origin::kind::flag, 0, ""}, "--set"});
        return;
    }
    std::vector<std::string> known;
    for (const key& each : keys_) {
        known.push_back(each.full_name());
    }
    const std::string_view near = nearest(given.key, known);
    add({problem::weight::error, "--set", 0, printable(given.key), "there is no key " + in_quotes(printable(given.key)),
         near.empty() ? "tdctl config show lists all of them" : "did you mean \"" + std::string(near) + "\"?"});
}

/// Gives a problem the place where its key was set.
place_of finder(const std::vector<key>& all, const loaded& made) {
    return [&all, &made](problem& found) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (all[i].full_name() != found.key) {
                continue;
            }
            const origin& from = made.origins[i];
            switch (from.from) {
                case origin::kind::built_in: return;
                case origin::kind::file: found.where = made.file; break;
                case origin::kind::environment: found.where = from.variable; break;
                case origin::kind::flag: found.where = "--set"; break;
            }
            found.line = from.line;
        }
    };
}

void reading::check() {
    for (problem& each : contradictions(made_.values, finder(keys_, made_))) {
        add(std::move(each));
    }
    // What stands in the file comes first and by line, as an editor walks it.
    std::stable_sort(made_.problems.begin(), made_.problems.end(), [](const problem& a, const problem& b) {
        return (a.line == 0 ? ~std::size_t{0} : a.line) < (b.line == 0 ? ~std::size_t{0} : b.line);
    });
}

/// The file to read: the name, and whether it must be there.
struct choice {
    std::string name;
    bool wanted = false;
};

choice choose(const sources& from) {
    if (from.file) {
        return {*from.file, true};
    }
    const auto variable = from.variables.find("TDCTL_CONFIG");
    if (variable != from.variables.end() && !variable->second.empty()) {
        return {variable->second, true};
    }
    return {from.usual_file, false};
}

/// The whole file, or why not; nothing when it is not there.
result<std::optional<std::string>> contents_of(const std::string& name) {
    const int file = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0 && errno == ENOENT) {
        return std::optional<std::string>();
    }
    if (file < 0) {
        return failure{failure_kind::not_allowed, std::string("it cannot be opened: ") + std::strerror(errno)};
    }
    struct stat found {};
    std::optional<failure> wrong;
    std::string text;
    if (::fstat(file, &found) != 0 || !S_ISREG(found.st_mode)) {
        wrong =
            failure{failure_kind::bad_input, S_ISDIR(found.st_mode) ? "it is a directory" : "it is not a regular file"};
    }
    for (ssize_t got = 1; !wrong && got != 0;) {
        char block[16384];
        got = ::read(file, block, sizeof block);
        if (got > 0) {
            text.append(block, static_cast<std::size_t>(got));
        } else if (got < 0 && errno != EINTR) {
            wrong = failure{failure_kind::broken_data, std::string("it cannot be read: ") + std::strerror(errno)};
        }
        if (text.size() > file_limit) {
            wrong = failure{failure_kind::full, "it is larger than 1 MiB, which no configuration is"};
        }
    }
    ::close(file);
    if (wrong) {
        return *wrong;
    }
    return std::optional<std::string>(std::move(text));
}

loaded finished(const sources& from, reading& source, loaded& made) {
    source.take_environment();
    for (const override_text& each : from.overrides) {
        source.take_override(each);
    }
    source.check();
    return std::move(made);
}

}  // namespace

bool loaded::usable() const {
    return std::none_of(problems.begin(), problems.end(),
                        [](const problem& each) { return each.how == problem::weight::error; });
}

std::string text_of(const problem& what) {
    std::string text = what.where.empty() ? "" : printable(what.where, 300);
    if (what.line != 0) {
        text.append(":").append(std::to_string(what.line));
    }
    text.append(text.empty() ? "" : ": ").append(what.how == problem::weight::error ? "error: " : "warning: ");
    return text.append(what.text).append(what.remedy.empty() ? "" : "; ").append(what.remedy);
}

loaded load_text(const sources& from, std::string_view text, const std::string& name) {
    loaded made;
    made.variables = from.variables;
    reading source(made);
    source.take_file(text, name);
    return finished(from, source, made);
}

loaded load(const sources& from) {
    const choice file = choose(from);
    result<std::optional<std::string>> text = contents_of(file.name);
    if (text && *text) {
        return load_text(from, **text, file.name);
    }
    loaded made;
    made.variables = from.variables;
    reading source(made);
    if (!text) {
        source.add({problem::weight::error, file.name, 0, "", text.why().text,
                    "name a readable TOML file by --config or $TDCTL_CONFIG"});
    } else if (file.wanted) {
        source.add({problem::weight::error, file.name, 0, "", "there is no such file",
                    "name a readable TOML file by --config or $TDCTL_CONFIG"});
    }
    return finished(from, source, made);
}

void find_place(problem& found, const loaded& read) {
    const std::vector<key> all = keys();
    finder(all, read)(found);
}

std::vector<problem> problems_of_secrets(const loaded& read) {
    const std::vector<key> all = keys();
    return secret_problems(read.values, read.variables, finder(all, read));
}

}  // namespace td::config
