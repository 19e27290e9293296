import ClusterModel

/// What addresses, prefix, gateway and count must be to one another.
struct AddressChecks {
    let nodes: NodesDraft

    func run(_ findings: inout Findings) {
        guard let addresses = nodes.addresses, !addresses.value.isEmpty else { return }
        let total = addresses.value.reduce(0) { $0 + $1.value.count }
        guard total <= AddressRange.maximum else {
            findings.report(
                "spec.nodes.addresses names \(total) addresses; allowed are at most \(AddressRange.maximum)",
                at: addresses.place)
            return
        }
        if let count = nodes.count?.value, total < count {
            findings.report(
                "spec.nodes.addresses names \(total) addresses for \(count) nodes; allowed are at least \(count), "
                    + "or a smaller spec.nodes.count",
                at: addresses.place)
        }
        checkDoubles(addresses.value, &findings)
        checkPrefix(addresses.value, &findings)
        checkGateway(addresses.value, &findings)
    }

    private func checkDoubles(_ ranges: [Written<AddressRange>], _ findings: inout Findings) {
        // Most lists are in order already.
        let inOrder = zip(ranges, ranges.dropFirst()).allSatisfy { $0.value.last < $1.value.first }
        guard !inOrder else { return }
        let sorted = ranges.enumerated().sorted {
            ($0.element.value.first, $0.offset) < ($1.element.value.first, $1.offset)
        }
        guard var reach = sorted.first else { return }
        for next in sorted.dropFirst() {
            if next.element.value.first <= reach.element.value.last {
                let (earlier, later) = next.offset < reach.offset ? (next, reach) : (reach, next)
                findings.report(
                    "spec.nodes.addresses[\(later.offset)] has \(next.element.value.first), which item "
                        + "[\(earlier.offset)] has already; allowed is each address once",
                    at: later.element.place)
            }
            if next.element.value.last > reach.element.value.last { reach = next }
        }
    }

    private func checkPrefix(_ ranges: [Written<AddressRange>], _ findings: inout Findings) {
        guard let told = ranges.first(where: { $0.value.prefix != nil }), let prefix = told.value.prefix else { return }
        let hosts = UInt32.max >> UInt32(prefix)
        let network = told.value.first.number & ~hosts
        for (index, range) in ranges.enumerated() {
            let path = ranges.count == 1 ? "spec.nodes.addresses" : "spec.nodes.addresses[\(index)]"
            if let other = range.value.prefix, other != prefix {
                findings.report(
                    "\(path) says /\(other) where another says /\(prefix); allowed is one prefix for all",
                    at: range.place)
            } else if let outside = [range.value.first, range.value.last].first(where: { $0.number & ~hosts != network }
            ) {
                findings.report(
                    "\(path) has \(outside), which is not in the network \(IPv4(number: network))/\(prefix); "
                        + "allowed are addresses of one network",
                    at: range.place)
            } else if range.value.first.number == network {
                findings.report(
                    "\(path) has \(range.value.first), which is the address of the network /\(prefix) itself; "
                        + "allowed are \(IPv4(number: network + 1)) to \(IPv4(number: network + hosts - 1))",
                    at: range.place)
            } else if range.value.last.number == network | hosts {
                findings.report(
                    "\(path) has \(range.value.last), which is the broadcast address of /\(prefix); "
                        + "allowed are \(IPv4(number: network + 1)) to \(IPv4(number: network + hosts - 1))",
                    at: range.place)
            }
        }
    }

    private func checkGateway(_ ranges: [Written<AddressRange>], _ findings: inout Findings) {
        guard let gateway = nodes.gateway else { return }
        if ranges.contains(where: { $0.value.first <= gateway.value && gateway.value <= $0.value.last }) {
            findings.report(
                "spec.nodes.gateway is \(gateway.value), which is one of spec.nodes.addresses; allowed is another address",
                at: gateway.place)
        } else if let told = ranges.first(where: { $0.value.prefix != nil }), let prefix = told.value.prefix {
            let hosts = UInt32.max >> UInt32(prefix)
            let network = IPv4(number: told.value.first.number & ~hosts)
            let rest = gateway.value.number & hosts
            if !gateway.value.shares(prefix: prefix, with: network) {
                findings.report(
                    "spec.nodes.gateway is \(gateway.value), which is not in the network \(network)/\(prefix) of "
                        + "spec.nodes.addresses; allowed is an address of it",
                    at: gateway.place)
            } else if rest == 0 || rest == hosts {
                findings.report(
                    "spec.nodes.gateway is \(gateway.value), which is the network's own or broadcast address; "
                        + "allowed is another of \(network)/\(prefix)",
                    at: gateway.place)
            }
        }
    }
}
