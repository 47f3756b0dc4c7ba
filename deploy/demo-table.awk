# Draws the table of bounties from the engine's log (JSON lines) and the testnet's changes (--progress):
#   awk -f demo-table.awk -v total=20 -v rows=15 engine.log progress.jsonl
# total: how many bounties there will be. rows: at most so many are shown, the newest; 0: all. colour=1: with colours.
# Standard output gets the table; with score=FILE, that file gets one line "BOUNTIES RIGHT STAKED PAID" (amounts in NCT).

# The text of a member of the record, without quotes: a word, or the inside of a list.
function member(name,    start, rest) {
    start = index($0, "\"" name "\":")
    if (!start) return ""
    rest = substr($0, start + length(name) + 3)
    if (substr(rest, 1, 1) == "[") rest = substr(rest, 2, index(rest, "]") - 2)
    else sub(/[,}].*/, "", rest)
    gsub(/"/, "", rest)
    return rest
}

# The sum of a list of amounts in wei (10^-18 NCT), in NCT.
function nct(list,    part, n, i, sum) {
    n = split(list, part, ",")
    for (i = 1; i <= n; i++) sum += part[i] / 1e18
    return sum
}

function verdicts(list) {
    gsub(/true/, "bad", list)
    gsub(/false/, "ok", list)
    gsub(/,/, " ", list)
    return list
}

# What the scans of one bounty said, in the order of its artifacts.
function scans(guid,    i, text) {
    if (!(guid in scanned)) return ""
    for (i = 0; i < count[guid]; i++) text = text (i ? " " : "") ((guid, i) in scan ? scan[guid, i] : "-")
    return text
}

# A record that is still being written is left for the next time.
!/\}$/ { next }

/"message":"scanned"/ && match($0, /[0-9a-f]+-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+/) {
    verdict = member("verdict")
    guid = substr($0, RSTART, RLENGTH)
    scanned[guid]
    scan[guid, member("index")] = verdict == "malicious" ? "bad" : verdict == "benign" ? "ok" : "?"
}

/"event":/ {
    guid = member("guid")
    event = member("event")
    if (event == "posted") {
        order[++posted] = guid
        names[guid] = member("artifacts")
        count[guid] = split(names[guid], part, ",")
        gsub(/,/, " ", names[guid])
    }
    if (event == "asserted") { bid[guid] = nct(member("bid")); asserted++; staked += bid[guid] }
    if (event == "revealed") { revealed[guid] = verdicts(member("verdicts")); opened++ }
    if (event == "settled") { payout[guid] = nct(member("payout")); settled++; paid += payout[guid] }
    if (event == "over") { right[guid] = member("correct") == "true" ? "yes" : "NO"; correct += right[guid] == "yes"; over++ }
}

END {
    printf "%3s  %-27s  %-9s  %-10s  %-9s  %-10s  %s\n", "#", "artifacts", "scanned", "asserted", "revealed", "paid", "right?"
    first = rows && posted > rows ? posted - rows + 1 : 1
    for (n = first; n <= posted; n++) {
        guid = order[n]
        stake = guid in bid ? sprintf("%.4f NCT", bid[guid]) : ""
        gain = guid in payout ? sprintf("%.4f NCT", payout[guid]) : ""
        mark = right[guid]
        if (colour && mark != "") mark = (mark == "yes" ? "\033[32m" : "\033[31m") mark "\033[0m"
        printf "%3d  %-27s  %-9s  %-10s  %-9s  %-10s  %s\n", n, names[guid], scans(guid), stake, revealed[guid], gain, mark
    }
    printf "%d of %d posted, %d asserted, %d revealed, %d paid, %d over, %d right\n", posted, total, asserted, opened, settled, over, correct
    if (score != "") printf "%d %d %.4f %.4f\n", over, correct, staked, paid >score
}
