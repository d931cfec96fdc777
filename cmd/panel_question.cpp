#include "cmd/panel_question.hpp"

#include <boost/asio/io_context.hpp>
#include <optional>

#include "config/words.hpp"
#include "crm/codec.hpp"
#include "crm/flats_file.hpp"
#include "http/client.hpp"
#include "http/url.hpp"

namespace td::cmd {
namespace {

failure unknown(const panel_id& panel) {
    return {failure_kind::not_found, "the CRM knows no panel " + config::printable(panel.text())};
}

result<crm::panel_record> look_up(const std::string& file, const panel_id& panel) {
    const auto flats = crm::load_flats(file);
    if (!flats) {
        return flats.why();
    }
    const auto found = flats->find(panel);
    if (found == flats->end()) {
        return unknown(panel);
    }
    return found->second.panel;
}

result<crm::panel_record> read(const http::response& answer, const panel_id& panel) {
    constexpr int ok = 200;
    constexpr int not_found = 404;
    if (answer.status == not_found) {
        return unknown(panel);
    }
    if (answer.status != ok) {
        return failure{failure_kind::unreachable, "the CRM answered with status " + std::to_string(answer.status) +
                                                      "; try again, or name the city by --city"};
    }
    auto record = crm::read_panel(answer.body);
    if (!record) {
        return failure{failure_kind::broken_data,
                       "the CRM's answer cannot be read; name the city by --city, and mend the CRM"};
    }
    return record;
}

}  // namespace

result<crm::panel_record> ask_for_panel(const config::settings& from, const secret_reader& secrets,
                                        const panel_id& panel) {
    if (from.crm.url.scheme == "file") {
        return look_up(from.crm.url.path, panel);
    }
    const auto token = secrets(from.crm.token);
    if (!token) {
        return token.why();
    }
    boost::asio::io_context loop;
    http::client_options options;
    options.bearer = *token;
    http::client client(loop, std::move(options));
    http::request question;
    question.url = std::string(http::without_last_slash(from.crm.url.text)) + crm::panel_path(panel);
    question.limit = from.crm.timeout;
    std::optional<http::reply> reply;
    client.send(std::move(question), [&](http::reply came) {
        reply = std::move(came);
        loop.stop();
    });
    loop.run();
    if (!reply || !reply->outcome) {
        return failure{failure_kind::unreachable, "the CRM at " + from.crm.url.text + " does not answer (" +
                                                      (reply ? reply->outcome.why().text : "no_reply") +
                                                      "); try again, or name the city by --city"};
    }
    return read(*reply->outcome, panel);
}

pool::site site_of(const panel_id& panel, const crm::panel_record& record) {
    pool::site made;
    made.panel = panel;
    made.address = record.address;
    made.entrance = record.entrance;
    made.fias = city_id(record.where.fias);
    if (record.place) {
        made.latitude = record.place->latitude;
        made.longitude = record.place->longitude;
    }
    return made;
}

}  // namespace td::cmd
