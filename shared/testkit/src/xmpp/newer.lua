-- What the modules for authentication in one step call, and Prosody has only since 0.13: above all who opens a stream,
-- and a connection's TLS, asked through the connection. What it answers is the TLS library's own; and what is made of it,
-- Prosody's.

local filters = require "util.filters";
local sasl = require "util.sasl";
local st = require "util.stanza";

local function of_tls(method)
	return function (self, ...)
		local socket = self.conn;
		if not socket[method] then return nil; end
		return socket[method](socket, ...);
	end
end

-- 0.12 offers SCRAM-*-PLUS only where there is tls-unique, which TLS 1.3 does not have, but accepts any type that it is
-- given a handler for.
local methods = getmetatable(sasl.new("x", {}));
local add_cb_handler = methods.add_cb_handler;
function methods:add_cb_handler(name, handler)
	if name == "tls-exporter" then
		add_cb_handler(self, "tls-unique", function () error("TLS 1.3 has no tls-unique"); end);
	end
	return add_cb_handler(self, name, handler);
end

local stanzas = getmetatable(st.stanza("x")).__index;
function stanzas:get_child_attr(name, xmlns, attribute)
	local child = self:get_child(name, xmlns);
	return child and child.attr[attribute] or nil;
end

-- Times of newer versions may have fractions.
local datetime = require "util.datetime";
local written = datetime.datetime;
function datetime.datetime(time)
	return written(time and math.floor(time));
end

filters.add_filter_hook(function (session)
	function session:stream_attrs(_, to)
		self.opened_by = to;
	end
end);

module:hook("stream-features", function (event)
	event.stream = { from = event.origin.opened_by };
	local connection = getmetatable(event.origin.conn).__index;
	connection.ssl_info = of_tls("info");
	connection.ssl_peerfinished = of_tls("getpeerfinished");
	connection.ssl_exportkeyingmaterial = of_tls("exportkeyingmaterial");
	if event.origin.type == "c2s_unauthed" and event.origin.secure then
		event.features:add_child(st.stanza("sasl-channel-binding", { xmlns = "urn:xmpp:sasl-cb:0" })
			:tag("channel-binding", { type = "tls-exporter" }));
	end
end, 1000);

-- The module for authentication in a step of its own, which comes next, would put a handler in the place of this one that
-- knows of no channel.
module:hook("stream-features", function (event)
	event.sasl_handler = event.origin.sasl_handler;
end, 0.5);

module:hook("stream-features", function (event)
	event.origin.sasl_handler = event.sasl_handler;
end, -0.5);

-- Who can be bound to the connection, has to be.
module:hook("stream-features", function (event)
	local offered = event.features:get_child("authentication", "urn:xmpp:sasl:2");
	if not offered or not event.origin.encrypted then return; end
	offered:maptags(function (tag)
		local unbound = tag.name == "mechanism" and not tag:get_text():find("-PLUS", 1, true);
		return not unbound and tag or nil;
	end);
end, -1);
