// Lines to facts and commands.

#include <cstring>

#include "journal/codec.hpp"
#include "journal/entry_shapes.hpp"
#include "journal/field_reader.hpp"

namespace td::journal {
namespace {

/// Reads one line, field by field from the front.
class line_reader {
public:
    line_reader(json::parser& parser, moment_reader& moments) : parser_(parser), values_(moments, wrong_) {}

    bool read(std::string_view text, std::size_t readable, entry& to) {
        json::document document;
        json::object object;
        if (!values_.take(parser_.iterate(text.data(), text.size(), readable), document) ||
            !values_.take(document.get_object(), object) || !values_.take(object.begin(), at_) ||
            !values_.take(object.end(), end_)) {
            return false;
        }
        if (!(next_field() && (key_ == "journal" ? read_header(to) : read_line(to)))) {
            return false;
        }
        const char* rest = nullptr;
        return document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS ||
               wrong_.with("goes on after its object");
    }

    [[nodiscard]] std::string wrong() const { return wrong_.text(); }
    [[nodiscard]] failure_kind kind() const { return kind_; }

private:
    /// Looks at the field where the iterator stands.
    bool next_field() {
        json::field field;
        if (at_ == end_) {
            return wrong_.with("begins with neither \"at\" nor \"journal\"");
        }
        if (!values_.take(*at_, field) || !values_.take(field.unescaped_key(), key_)) {
            return false;
        }
        value_ = field.value();
        return true;
    }

    bool read_header(entry& to) {
        std::string name;
        if (!values_.read(value_, name)) {
            return wrong_.in("journal");
        }
        if (name != "tdctl") {
            return wrong_.with("is not of a journal of tdctl");
        }
        opened_file file;
        ++at_;
        const bool whole = values_.fields(at_, end_, file);
        if (file.first.schema > schema) {  // whatever else is wrong with it
            kind_ = failure_kind::refused;
            wrong_ = {};
        }
        if (file.first.schema < 1 || file.first.schema > schema) {
            return wrong_.with("has schema " + std::to_string(file.first.schema) + ", this tdctl reads up to " +
                               std::to_string(schema) + ": use a newer one");
        }
        if (!whole) {
            return false;
        }
        to.at = file.at;
        to.what = std::move(file.first);
        return true;
    }

    bool read_line(entry& to) {
        if (key_ != "at") {
            return wrong_.with("begins with neither \"at\" nor \"journal\"");
        }
        if (!values_.read(value_, to.at)) {
            return wrong_.in("at");
        }
        ++at_;
        if (at_ == end_ || !next_field()) {
            return wrong_.with("says nothing after \"at\"");
        }
        if (key_ == "retold" && !read_mark(to)) {
            return false;
        }
        if (key_ == "fact") {
            return read_alternative<call::fact>("fact", to);
        }
        if (key_ == "rules") {
            return read_fields<rules_changed>(to);
        }
        if (key_ == "do" && !to.retold) {
            return read_alternative<call::command>("command", to);
        }
        if (key_ == "gap" && !to.retold) {
            return read_fields<gap>(to);
        }
        return wrong_.with("has \"" + std::string(key_.substr(0, 40)) + "\" where its kind should stand");
    }

    /// That the line was told before; it stands before the kind.
    bool read_mark(entry& to) {
        if (!values_.read(value_, to.retold)) {
            return wrong_.in("retold");
        }
        ++at_;
        return to.retold && at_ != end_ ? next_field() : wrong_.with("has no kind behind \"retold\":true");
    }

    /// The whole of `Thing`, whose first field is the one that stands here.
    template <class Thing>
    bool read_fields(entry& to) {
        Thing thing;
        field_match first(values_, wrong_, key_, value_);
        describe(first, thing);
        ++at_;
        if (!first.good() || !values_.fields(at_, end_, thing, first.bit())) {
            return false;
        }
        to.what = std::move(thing);
        return true;
    }

    template <class Choice>
    bool read_alternative(std::string_view kind, entry& to) {
        std::string_view name;
        if (!values_.take(value_.get_string(), name)) {
            return wrong_.in(kind);
        }
        ++at_;
        bool known = false;
        bool good = false;
        [&]<std::size_t... Index>(std::index_sequence<Index...>) {
            const auto attempt = [&]<class Thing>(std::type_identity<Thing>) {
                known = name == word(static_cast<const Thing*>(nullptr));
                if (known) {
                    auto& thing = to.what.emplace<Choice>(std::in_place_type<Thing>);
                    good = values_.fields(at_, end_, std::get<Thing>(thing));
                }
                return known;
            };
            static_cast<void>((attempt(std::type_identity<std::variant_alternative_t<Index, Choice>>{}) || ...));
        }
        (std::make_index_sequence<std::variant_size_v<Choice>>{});
        if (!known) {
            return wrong_.with("names the unknown " + std::string(kind) + " \"" + std::string(name.substr(0, 40)) +
                               "\": a newer tdctl may have written it");
        }
        return good;
    }

    json::parser& parser_;
    complaint wrong_;
    failure_kind kind_ = failure_kind::broken_data;
    value_reader values_;
    json::object_iterator at_;
    json::object_iterator end_;
    std::string_view key_;
    json::value value_;
};

}  // namespace

struct reader::insides {
    json::parser parser{longest_line + simdjson::SIMDJSON_PADDING};
    moment_reader moments;
    std::string text;  ///< with simdjson's padding after it
    std::size_t size = 0;
    std::size_t place = 0;
    std::size_t line_number = 0;
    std::size_t torn = 0;
    std::string single;

    /// `readable`: how many bytes from the start of the line may be read; simdjson wants a padding behind the line. The
    /// entry is read where it will stay: moving one costs as much as finding its fields.
    void read(std::string_view bytes, std::size_t readable, result<entry>& to) {
        if (bytes.size() > longest_line) {
            to = failure{failure_kind::broken_data,
                         where() + "is longer than " + std::to_string(longest_line) + " bytes"};
            return;
        }
        line_reader lines(parser, moments);
        if (!lines.read(bytes, readable, to.value())) {
            to = failure{lines.kind(), where() + lines.wrong()};
        }
    }

    std::string where() const { return "line " + std::to_string(line_number) + ' '; }
};

reader::reader() : in_(std::make_unique<insides>()) {}
reader::~reader() = default;
reader::reader(reader&&) noexcept = default;
reader& reader::operator=(reader&&) noexcept = default;

void reader::take(std::string text) {
    in_->size = text.size();
    in_->text = std::move(text);
    in_->text.append(simdjson::SIMDJSON_PADDING, '\0');
    in_->place = 0;
    in_->line_number = 0;
    in_->torn = 0;
}

std::optional<result<entry>> reader::next() {
    insides& in = *in_;
    std::optional<result<entry>> read;
    while (in.place < in.size && !read) {
        const char* start = in.text.data() + in.place;
        const auto* end = static_cast<const char*>(std::memchr(start, '\n', in.size - in.place));
        if (end == nullptr) {
            in.torn = in.size - in.place;
            in.place = in.size;
            break;
        }
        const auto length = static_cast<std::size_t>(end - start);
        const std::size_t readable = in.text.size() - in.place;
        in.place += length + 1;
        ++in.line_number;
        if (length > 0) {
            in.read({start, length}, readable, read.emplace(entry{}));
        }
    }
    return read;
}

std::size_t reader::torn() const {
    return in_->torn;
}
std::size_t reader::line_number() const {
    return in_->line_number;
}

result<entry> reader::read(std::string_view text) {
    if (text.ends_with('\n')) {
        text.remove_suffix(1);
    }
    in_->single.assign(text);
    in_->single.append(simdjson::SIMDJSON_PADDING, '\0');
    in_->line_number = 1;
    result<entry> read(entry{});
    in_->read({in_->single.data(), text.size()}, in_->single.size(), read);
    return read;
}

}  // namespace td::journal
