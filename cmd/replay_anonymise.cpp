// tdctl replay-calls anonymise: a journal with stand-ins for every personal datum, for a vendor or a bug report.

#include <memory>
#include <random>

#include "archive/run_reader.hpp"
#include "cmd/replay_calls.hpp"
#include "config/values.hpp"
#include "replay/anonymiser.hpp"

namespace td::cmd::replay_calls {
namespace {

struct anonymise_options {
    std::vector<std::string> journals;
    std::string key;  ///< what refers to it
};

/// Without one nobody can make the same stand-ins again.
result<replay::stand_in_maker::key> key_of(context& with, const std::string& reference) {
    if (reference.empty()) {
        std::random_device source;
        const auto word = [&] { return (std::uint64_t{source()} << 32U) | source(); };
        return replay::stand_in_maker::key{word(), word()};
    }
    constexpr std::size_t shortest = 16;
    const auto place = config::parse_secret_ref(reference);
    if (!place) {
        return failure{failure_kind::bad_input, "--key: " + place.why().text};
    }
    const auto found = with.secret_of(*place);
    if (!found) {
        return found.why();
    }
    if (found->reveal().size() < shortest) {
        return failure{failure_kind::bad_input, "--key: " + reference + " has less than 16 characters"};
    }
    return replay::stand_in_maker::key_of(found->reveal());
}

/// One run after another, each with one header where nothing of it is missing.
class run_disguise {
public:
    run_disguise(context& with, replay::anonymiser& names) : with_(with), names_(names) {}

    void take(const archive::told& news) {
        switch (news.what) {
            case archive::told::kind::head: begin(news); break;
            case archive::told::kind::line: tell(news); break;
            case archive::told::kind::torn: break;
            case archive::told::kind::trouble: leave_out(news.words); break;
        }
    }
    bool incomplete = false;

private:
    void begin(const archive::told& news) {
        if (!news.words.empty()) {
            leave_out(news.words);
        }
        known_ = news.first.has_value();
        if (known_ && news.how != archive::joint::goes_on) {
            with_.out() << names_.header(news.opened, *news.first);
        }
    }
    /// What cannot be read may hold anything.
    void tell(const archive::told& news) {
        const std::string where = "journal " + news.from->name + ": line " + std::to_string(news.line);
        if (!known_) {
            leave_out(where + " is of an unknown run: it is left out");
        } else if (const auto line = names_.line(news.text)) {
            with_.out() << *line;
        } else {
            leave_out(where + " cannot be read: it is left out");
        }
    }
    void leave_out(std::string_view words) {
        with_.complain(words);
        incomplete = true;
    }

    context& with_;
    replay::anonymiser& names_;
    bool known_ = false;
};

exit_status anonymise(context& with, const anonymise_options& options) {
    const auto key = key_of(with, options.key);
    if (!key) {
        return with.complain(key.why());
    }
    const archive::catalogue journals = archive::find_sources(options.journals);
    tell_of(journals, with);
    if (journals.runs.empty()) {
        return status_of_nothing(journals, with);
    }
    replay::anonymiser names(*key);
    bool incomplete = !journals.left_out.empty();
    for (const archive::journal_run& run : journals.runs) {
        archive::run_reader reader(run);
        run_disguise one(with, names);
        for (const archive::told* news = reader.next(); news != nullptr; news = reader.next()) {
            one.take(*news);
        }
        incomplete = incomplete || one.incomplete;
    }
    return incomplete ? exit_status::partly : exit_status::done;
}

act declare_anonymise(CLI::App& app) {
    const auto options = std::make_shared<anonymise_options>();
    declare_journals(app, options->journals);
    app.add_option("--key", options->key,
                   "Where a secret of 16 characters or more stands: with it the same datum gets the same stand-in in "
                   "every run; without it each run makes others")
        ->type_name("env:NAME|file:PATH|credential:NAME");
    return [options](context& with) { return anonymise(with, *options); };
}

}  // namespace

verb anonymise_verb() {
    return {"anonymise", "Write a journal with stand-ins for every personal datum",
            "  tdctl replay-calls anonymise --key file:/root/journal.key /var/lib/tdctl/journal | zstd > "
            "for-the-vendor.jsonl.zst\n",
            declare_anonymise};
}

}  // namespace td::cmd::replay_calls
