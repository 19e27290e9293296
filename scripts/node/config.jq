# Turns a NoCloud drive, whose files are JSON, into lines for a shell. Every value is quoted.
# $meta: meta-data; $network: network-config, version 2; $cloud: the #cloud-config of user-data.
($network.ethernets // {} | to_entries | sort_by(.key) | .[0].value // {}) as $primary
| "instance=\($meta["instance-id"] // "none" | @sh)",
  "hostname=\($cloud.hostname // $meta["local-hostname"] // "node" | @sh)",
  "mac=\($primary.match.macaddress // "" | ascii_downcase | @sh)",
  "addresses=\($primary.addresses // [] | join(" ") | @sh)",
  "gateway=\([$primary.routes[]? | select(.to == "0.0.0.0/0" or .to == "default") | .via] | .[0] // "" | @sh)",
  "servers=\($primary.nameservers.addresses // [] | join(" ") | @sh)",
  "first_boot() {",
  ":",
  ($cloud.ssh_authorized_keys[]? | "key \(@sh)"),
  ($cloud.write_files[]? | "file \(.path | @sh) \(.permissions // "0644" | @sh) \(.content // "" | @sh)"),
  "}"
