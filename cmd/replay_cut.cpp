// tdctl replay-calls cut: some calls of a journal as a smaller one that replays by itself.

#include <memory>

#include "archive/run_reader.hpp"
#include "cmd/replay_calls.hpp"
#include "replay/cutter.hpp"

namespace td::cmd::replay_calls {
namespace {

struct cut_options {
    std::vector<std::string> journals;
    std::vector<std::string> calls;
};

/// Takes the runs that one source holds, one after another, to stdout.
class run_cut {
public:
    run_cut(context& with, replay::cutter& to) : with_(with), cut_(to) {}

    void take(const archive::told& news) {
        switch (news.what) {
            case archive::told::kind::head: begin(news); break;
            case archive::told::kind::line:
                if (begun_ && !news.retold) {
                    cut_.take(news.text);
                }
                break;
            case archive::told::kind::torn: break;
            case archive::told::kind::trouble:
                with_.complain(news.words);
                incomplete = true;
                cut_.miss_lines();
                break;
        }
    }
    void end() {
        if (begun_) {
            with_.out() << cut_.end_run();
        }
        begun_.reset();
    }

    bool incomplete = false;

private:
    void begin(const archive::told& news) {
        if (!news.words.empty()) {
            with_.complain(news.words);
        }
        if (!news.first) {
            with_.complain("journal " + news.from->name + ": which rules were in force is not known, so it is not cut");
            incomplete = true;
            end();
            return;
        }
        if (!begun_ || begun_->node != news.first->node || begun_->run != news.first->run) {
            end();
            begun_ = news.first;
            cut_.begin_run(news.first->run, *news.first);
        } else if (news.how == archive::joint::hole) {
            cut_.miss_lines();
        }
    }

    context& with_;
    replay::cutter& cut_;
    std::optional<journal::header> begun_;
};

exit_status verdict(context& with, const replay::cutter& all, const std::set<call_id>& wanted, bool incomplete) {
    for (const call_id& call : all.broken()) {
        with.complain("call " + std::string(call.text()) + " is not whole: lines are missing while it lived");
    }
    for (const call_id& call : all.entangled()) {
        with.complain("call " + std::string(call.text()) +
                      " took the panel away from one that was asked for: cut it, too");
    }
    bool missing = false;
    for (const call_id& call : wanted) {
        if (!all.met().contains(call)) {
            with.complain("no call " + std::string(call.text()) + " arrives in what was read");
            missing = true;
        }
    }
    return missing                                                           ? exit_status::not_found
           : incomplete || !all.broken().empty() || !all.entangled().empty() ? exit_status::partly
                                                                             : exit_status::done;
}

exit_status cut(context& with, const cut_options& options) {
    const archive::catalogue journals = archive::find_sources(options.journals);
    tell_of(journals, with);
    if (journals.runs.empty()) {
        return status_of_nothing(journals, with);
    }
    std::set<call_id> wanted;
    for (const std::string& each : options.calls) {
        wanted.insert(*call_id::parse(each));
    }
    replay::cutter all(wanted);
    bool incomplete = !journals.left_out.empty();
    for (const archive::journal_run& run : journals.runs) {
        archive::run_reader reader(run);
        run_cut one(with, all);
        for (const archive::told* news = reader.next(); news != nullptr; news = reader.next()) {
            one.take(*news);
        }
        one.end();
        incomplete = incomplete || one.incomplete;
    }
    return verdict(with, all, wanted, incomplete);
}

act declare_cut(CLI::App& app) {
    const auto options = std::make_shared<cut_options>();
    declare_journals(app, options->journals);
    declare_calls(app, options->calls, "This call; may be repeated")->required();
    return [options](context& with) { return cut(with, *options); };
}

}  // namespace

verb cut_verb() {
    return {"cut", "Write some calls of a journal as a smaller one that replays by itself",
            "  tdctl replay-calls cut --only 01kc2v9x5m4t8q7w3e6r1y0abc /var/lib/tdctl/journal > one.jsonl\n",
            declare_cut};
}

}  // namespace td::cmd::replay_calls
