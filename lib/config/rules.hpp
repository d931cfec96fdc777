#pragma once
// What the texts and addresses of the configuration may be: each rule is its words and its test.

#include "config/binding.hpp"

namespace td::config::rules {

extern const text_rule app;           ///< a Stasis application: Asterisk splits its list at commas
extern const text_rule user;          ///< a user of HTTP basic authentication: no colon (RFC 7617 section 2)
extern const text_rule dial_account;  ///< a dial string with {account} and perhaps {panel} in it
extern const text_rule dial_route;    ///< … with {route}
extern const text_rule dial_panel;    ///< … with {panel}
extern const text_rule dial_handset;  ///< … with {flat} and {panel}
extern const text_rule keys;          ///< DTMF
extern const text_rule route;
extern const text_rule route_or_nothing;
extern const text_rule exchange;  ///< an AMQP short string
extern const text_rule directory;
extern const text_rule file_or_nothing;

extern const address_rule asterisk;  ///< http:// only
extern const address_rule http_or_file;
extern const address_rule http_or_none;
extern const address_rule database;
extern const address_rule pool_or_redis;
extern const address_rule amqp_or_none;
extern const address_rule listener_or_none;

}  // namespace td::config::rules
