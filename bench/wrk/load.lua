-- Sends the requests of a file in turn and checks every answer: its status, and that its length is one
-- that the file expects. Arguments: FILE STATUS. A line is METHOD, path, key or -, length or 0, body,
-- with tabs between them.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  requests = {}
  lengths = {}
  next_request = 0
  wanted_status = tonumber(args[2])
  any_length = false
  wrong_status = 0
  wrong_length = 0
  sample = ""
  for line in io.lines(args[1]) do
    local method, path, key, length, body = line:match("^(%S+)\t(%S+)\t(%S+)\t(%d+)\t(.*)$")
    local headers = { ["Accept"] = "application/json" }
    if key ~= "-" then headers["Authorization"] = "Bearer " .. key end
    if body == "" then
      body = nil
    else
      headers["Content-Type"] = "application/json"
    end
    requests[#requests + 1] = wrk.format(method, path, headers, body)
    if length == "0" then any_length = true else lengths[tonumber(length)] = true end
  end
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function response(status, headers, body)
  if status ~= wanted_status then
    wrong_status = wrong_status + 1
    if sample == "" then sample = status .. " " .. body:sub(1, 300) end
  elseif not any_length and not lengths[#body] then
    wrong_length = wrong_length + 1
  end
end

function done(summary, latency, statistics)
  local status, length, example = 0, 0, ""
  for _, thread in ipairs(threads) do
    status = status + thread:get("wrong_status")
    length = length + thread:get("wrong_length")
    if example == "" then example = thread:get("sample") end
  end
  if example ~= "" then example = "; for example " .. example:gsub('[%c"\\]', " ") end
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%.6f,"wrong_status":%d,"wrong_length":%d,"errors":%d,"p50":%.1f,"p99":%.1f,"sample":"%s"}\n',
    summary.requests, summary.duration / 1e6, status, length,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99), example))
end
