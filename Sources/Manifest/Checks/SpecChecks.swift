/// What words of different parts must be to one another, as far as the manifest alone tells.
struct SpecChecks {
    let spec: SpecDraft
    /// Where `spec` was written.
    let place: Place

    func run(_ findings: inout Findings) {
        checkConnections(&findings)
        checkHypervisors(&findings)
        if let nodes = spec.nodes?.value {
            AddressChecks(nodes: nodes).run(&findings)
            checkDoubles(nodes.dns?.value ?? [], of: "spec.nodes.dns", &findings)
        }
        checkCapacity(&findings)
        checkCanary(&findings)
        CallChecks(spec: spec).run(&findings)
    }

    private func checkConnections(_ findings: inout Findings) {
        let owner = findings.places["spec.connections"] ?? place
        // A value that is there and wrong was reported already.
        if findings.places["spec.connections"] == nil || spec.connections != nil {
            if findings.places["spec.connections.etcd"] == nil {
                findings.report(
                    "spec.connections.etcd is missing, and an etcd on our own nodes is not in this version; allowed is the "
                        + "URL of one elsewhere, such as http://127.0.0.1:2379, here or as --etcd or DIALTONE_ETCD",
                    at: owner)
            }
            if findings.places["spec.connections.fleet"] == nil {
                findings.report(
                    "spec.connections.fleet is missing, and its default, fleet over ssh, is not in this version; allowed is "
                        + "unix:PATH or http://HOST:PORT, here or as --fleet or DIALTONE_FLEET",
                    at: owner)
            }
        }
        checkDoubles(spec.connections?.value.etcd?.value ?? [], of: "spec.connections.etcd", &findings)
        guard let tls = spec.connections?.value.tls?.value else { return }
        if let certificate = tls.certificate, findings.places["spec.connections.tls.key"] == nil {
            findings.report(
                "spec.connections.tls.certificate stands without key; allowed are both or neither", at: certificate.key)
        }
        if let key = tls.key, findings.places["spec.connections.tls.certificate"] == nil {
            findings.report(
                "spec.connections.tls.key stands without certificate; allowed are both or neither", at: key.key)
        }
    }

    private func checkHypervisors(_ findings: inout Findings) {
        guard let hypervisors = spec.hypervisors?.value else { return }
        var names: [String: Int] = [:]
        var uris: [String: Int] = [:]
        for (index, hypervisor) in hypervisors.enumerated() {
            if let name = hypervisor.value.name {
                if let first = names[name.value] {
                    findings.report(
                        "spec.hypervisors[\(index)].name is \(name.value.quoted), which item [\(first)] has already; "
                            + "allowed is a name of its own",
                        at: name.place)
                }
                names[name.value] = names[name.value] ?? index
            }
            let uri = hypervisor.value.uri ?? spec.connections?.value.libvirt
            let text = uri?.value ?? defaultLibvirt
            if let first = uris[text] {
                findings.report(
                    "spec.hypervisors[\(index)] is reached by \(text.quoted), as item [\(first)] is; allowed is a "
                        + "libvirt of its own",
                    at: hypervisor.value.uri?.place ?? hypervisor.place)
            }
            uris[text] = uris[text] ?? index
        }
        if let flag = spec.connections?.value.libvirt, findings.isOverride(flag.place), hypervisors.count > 1,
            uris[flag.value] == nil
        {
            findings.report(
                "\(findings.name(of: flag.place)) names one libvirt, and the manifest has \(hypervisors.count) with URIs "
                    + "of their own; allowed is one of theirs, or none",
                at: flag.place)
        }
    }

    private func checkCapacity(_ findings: inout Findings) {
        guard let nodes = spec.nodes?.value.count?.value, let stable = spec.asterisk?.value.replicas else { return }
        let perNode = spec.asterisk?.value.perNode?.value ?? 1
        let canary = spec.canary?.value.replicas?.value ?? 0
        guard stable.value + canary > nodes * perNode else { return }
        let sum = canary == 0 ? "\(stable.value)" : "\(stable.value) and the canary's \(canary)"
        findings.report(
            "spec.asterisk.replicas is \(sum), more than \(nodes) nodes with \(perNode) each carry; "
                + "allowed are \(nodes * perNode) in all, or a larger spec.nodes.count or spec.asterisk.perNode",
            at: stable.place)
    }

    private func checkCanary(_ findings: inout Findings) {
        guard let canary = spec.canary?.value, let replicas = canary.replicas, let weight = canary.weight else {
            return
        }
        if replicas.value == 0, weight.value > 0 {
            findings.report(
                "spec.canary.weight is \(weight.value), and spec.canary.replicas is 0; allowed is 0 without replicas",
                at: weight.place)
        } else if replicas.value > 0, spec.asterisk?.value.replicas?.value == 0, weight.value < 100 {
            findings.report(
                "spec.canary.weight is \(weight.value), and spec.asterisk.replicas is 0: nothing takes the other calls; "
                    + "allowed is 100 without stable replicas",
                at: weight.place)
        }
    }

    private func checkDoubles<Value: Hashable>(
        _ items: [Written<Value>], of path: String, _ findings: inout Findings
    ) {
        var seen: [Value: Int] = [:]
        for (index, item) in items.enumerated() {
            if let first = seen[item.value] {
                findings.report(
                    "\(path)[\(index)] is what item [\(first)] is already; allowed is each once", at: item.place)
            } else {
                seen[item.value] = index
            }
        }
    }
}

/// Where a hypervisor is when nothing says so.
let defaultLibvirt = "qemu:///system"
