#include "sim_server/town.hpp"

#include <fmt/format.h>

#include <utility>

namespace td::sim_server {
namespace {

sim::asterisk_traits traits_of(const town_options& options) {
    sim::asterisk_traits traits = options.traits;
    traits.release = options.ari.release;
    return traits;
}

}  // namespace

town::town(loop& on, town_options options)
    : on_(on),
      options_(std::move(options)),
      model_(traits_of(options_), options_.seed),
      ari_(
          on, model_, options_.ari, [this](const sim::sip_news& news) { see(news); },
          [this](const http_request& request) { return control(request); }),
      crm_(on, options_.crm),
      push_(on, options_.push, [this](const pushed& news) { push_arrived(news); }) {}

result<town_ports> town::open(const town_addresses& where) {
    const result<std::uint16_t> ari = ari_.listen(where.ari);
    if (!ari) {
        return ari.why();
    }
    const result<std::uint16_t> crm = crm_.listen(where.crm);
    if (!crm) {
        return crm.why();
    }
    const result<std::uint16_t> push = push_.listen(where.push);
    if (!push) {
        return push.why();
    }
    return town_ports{*ari, *crm, *push};
}

std::string town::endpoint_of(const account_id& account) const {
    constexpr std::string_view mark = "{account}";
    std::string endpoint = options_.dial;
    if (const std::size_t place = endpoint.find(mark); place != std::string::npos) {
        endpoint.replace(place, mark.size(), account.text());
    }
    return endpoint;
}

void town::put_phone(const account_id& account, const sim::phone& phone) {
    model_.put_phone(on_.now(), endpoint_of(account), phone);
    ari_.pump();
}

void town::put_flat(const panel_id& panel, const flat_id& flat, const call::flat_record& record) {
    crm_.put(panel, flat, record);
}

std::optional<std::string> town::call(const panel_id& panel, const flat_id& flat) {
    if (busy_.contains(panel)) {
        return std::nullopt;
    }
    const std::string channel =
        model_.panel_calls(on_.now(), {panel.text(), flat.text(), options_.app, {panel.text(), flat.text()}});
    busy_[panel] = channel;
    panel_of_[channel] = panel;
    ari_.pump();  // a call that nobody took ends in here
    return channel;
}

bool town::hang_up(const panel_id& panel) {
    const auto found = busy_.find(panel);
    if (found == busy_.end()) {
        return false;
    }
    model_.panel_hangs_up(on_.now(), std::string(found->second));
    ari_.pump();
    return true;
}

bool town::press(const panel_id& panel, char key) {
    const auto found = busy_.find(panel);
    if (found == busy_.end()) {
        return false;
    }
    model_.panel_presses(on_.now(), std::string(found->second), key);
    ari_.pump();
    return true;
}

void town::pick_up(const std::vector<std::string>& legs) {
    for (const std::string& each : legs) {
        model_.phone_answers(on_.now(), each);
    }
    ari_.pump();
}

void town::wake(const account_id& account) {
    model_.wakes(on_.now(), endpoint_of(account));
    ari_.pump();
}

std::string town::status_line() const {
    const ari_counts& ari = ari_.counts();
    return fmt::format(
        "{} panels in a call, {} channels, {} bridges, {} worker sockets, {} requests, {} events, {} pushes",
        busy_.size(), model_.channel_count(), model_.bridge_count(), ari_.sockets(),
        ari.http_requests + ari.socket_requests, ari.events, push_.counts().requests);
}

void town::see(const sim::sip_news& news) {
    if (news.what == sim::sip_news::kind::panel_ended || news.what == sim::sip_news::kind::turned_away) {
        if (const auto found = panel_of_.find(news.channel); found != panel_of_.end()) {
            busy_.erase(found->second);
            panel_of_.erase(found);
        }
    }
    seen_.push_back(news);
    if (seen_.size() > options_.remembered) {
        seen_.pop_front();
    }
}

void town::push_arrived(const pushed& news) {
    if (news.kind != "ring") {
        return;
    }
    for (const pushed::target& each : news.accepted) {
        on_.at(on_.now() + options_.wakes_after, [this, life = std::weak_ptr<char>(alive_), account = each.account] {
            if (!life.expired()) {
                wake(account);
            }
        });
    }
}

}  // namespace td::sim_server
