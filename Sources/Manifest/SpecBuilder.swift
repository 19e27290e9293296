import ClusterModel

/// Makes the spec of a manifest without problems, and fills in what was left out.
struct SpecBuilder {
    let draft: SpecDraft
    let name: String
    /// What agents are told of etcd where a flag or variable leads this process there by another way.
    let toldEtcd: [String]?
    let findings: Findings

    /// `nil` when a required word is missing, which was reported.
    func spec() -> ClusterSpec? {
        guard let connections, let nodes, let asterisk, let track = draft.asterisk?.value else { return nil }
        return ClusterSpec(
            name: name, connections: connections, hypervisors: hypervisors, nodes: nodes, asterisk: asterisk,
            canary: canary(beside: track),
            kamailio: kamailio(beside: track),
            emergencyNumbers: (draft.emergencyNumbers?.value ?? []).map(\.value),
            safety: draft.safety?.value.maxDestroy.map { SafetySpec(maxDestroy: $0.value) } ?? SafetySpec(),
            discovery: (draft.discovery?.value ?? []).compactMap { Discovery(rawValue: $0.value) } + [.dialtone],
            locations: findings.locations)
    }

    private var connections: Connections? {
        guard let draft = draft.connections?.value, let etcd = draft.etcd, let fleet = draft.fleet else { return nil }
        let reached = etcd.value.map(\.value)
        let told = toldEtcd ?? reached
        return Connections(
            etcd: told, fleet: fleet.value,
            tls: draft.tls.map {
                TLSFiles(
                    ca: $0.value.ca?.value, certificate: $0.value.certificate?.value, key: $0.value.key?.value)
            }, controllerEtcd: told == reached ? nil : reached)
    }

    private var hypervisors: [HypervisorSpec] {
        let libvirt = draft.connections?.value.libvirt
        guard let written = draft.hypervisors?.value else {
            return [HypervisorSpec(uri: libvirt?.value ?? defaultLibvirt)]
        }
        // A flag wins over a file; with several hypervisors the checks saw to it that it changes nothing.
        let flag = written.count == 1 ? libvirt.flatMap { findings.isOverride($0.place) ? $0.value : nil } : nil
        return written.map { item in
            var spec = HypervisorSpec(uri: flag ?? item.value.uri?.value ?? libvirt?.value ?? defaultLibvirt)
            if let name = item.value.name?.value { spec.name = name }
            if let pool = item.value.pool?.value { spec.pool = pool }
            if let network = item.value.network?.value { spec.network = network }
            if let kind = item.value.virtualization.flatMap({ Virtualization(rawValue: $0.value) }) {
                spec.virtualization = kind
            }
            return spec
        }
    }

    private var nodes: NodesSpec? {
        guard let draft = draft.nodes?.value, let count = draft.count, let image = draft.image,
            let ranges = draft.addresses?.value
        else { return nil }
        var addresses: [IPv4] = []
        for range in ranges {
            for number in range.value.first.number...range.value.last.number { addresses.append(IPv4(number: number)) }
        }
        var spec = NodesSpec(count: count.value, image: image.value, addresses: addresses)
        if let format = draft.format.flatMap({ ImageFormat(rawValue: $0.value) }) { spec.format = format }
        if let boot = draft.boot { spec.boot = boot.value }
        if let memory = draft.memory { spec.memoryMiB = memory.value }
        if let vcpus = draft.vcpus { spec.vcpus = vcpus.value }
        if let disk = draft.disk { spec.diskGiB = disk.value }
        spec.prefix = ranges.lazy.compactMap(\.value.prefix).first
        spec.gateway = draft.gateway?.value
        if let dns = draft.dns { spec.dns = dns.value.map(\.value) }
        if let keys = draft.sshAuthorizedKeys { spec.sshAuthorizedKeys = keys.value.map(\.value) }
        spec.userData = draft.userData?.value
        if let limit = draft.rollout?.value.maxUnavailable { spec.maxUnavailable = limit.value }
        spec.defaulted = FieldNames(defaulted(draft, hasPrefix: spec.prefix != nil))
        return spec
    }

    /// The words of `NodeInputs` that the manifest does not have.
    private func defaulted(_ nodes: NodesDraft, hasPrefix: Bool) -> [String] {
        let hypervisors = draft.hypervisors?.value ?? []
        let written: [(String, Bool)] = [
            ("format", nodes.format != nil), ("boot", nodes.boot != nil), ("memory", nodes.memory != nil),
            ("vcpus", nodes.vcpus != nil), ("disk", nodes.disk != nil), ("prefix", hasPrefix),
            ("gateway", nodes.gateway != nil), ("dns", nodes.dns != nil),
            ("sshAuthorizedKeys", nodes.sshAuthorizedKeys != nil), ("userData", nodes.userData != nil),
            ("pool", hypervisors.contains { $0.value.pool != nil }),
            ("network", hypervisors.contains { $0.value.network != nil }),
            ("virtualization", hypervisors.contains { $0.value.virtualization != nil }),
        ]
        return written.filter { !$0.1 }.map(\.0)
    }

    private var asterisk: AsteriskSpec? {
        guard let draft = draft.asterisk?.value, let replicas = draft.replicas, let workload = workload(draft) else {
            return nil
        }
        return AsteriskSpec(
            replicas: replicas.value, workload: workload, perNode: draft.perNode?.value ?? 1,
            maxUnavailable: draft.rollout?.value.maxUnavailable?.value ?? 1, drain: drain(draft),
            probe: draft.probe?.value.extension.map { ProbeSpec(extension: $0.value) })
    }

    private func kamailio(beside stable: TrackDraft) -> KamailioSpec {
        guard let draft = draft.kamailio?.value else { return KamailioSpec() }
        let others = (draft.external?.value ?? []).map(\.value)
        var spec = KamailioSpec(
            replicas: draft.replicas?.value ?? 0, image: draft.image?.value ?? "",
            trusted: (draft.trusted?.value ?? []).map(\.value), external: others.compactMap { $0.name?.value })
        for other in others {
            if let name = other.name?.value, let sets = other.sets?.value { spec.sets[name] = sets.sets }
        }
        let runtime = draft.runtime ?? stable.runtime
        if let runtime = runtime.flatMap({ ContainerRuntime(rawValue: $0.value) }) { spec.runtime = runtime }
        if let listen = draft.listen { spec.listen = listen.value }
        let written = [("runtime", runtime != nil), ("listen", draft.listen != nil), ("trusted", draft.trusted != nil)]
        spec.defaulted = FieldNames(written.filter { !$0.1 }.map(\.0))
        return spec
    }

    private func drain(_ asterisk: TrackDraft) -> DrainSpec {
        var spec = DrainSpec()
        if let timeout = asterisk.drain?.value.timeout { spec.timeout = timeout.value }
        if let late = asterisk.drain?.value.onTimeout.flatMap({ DrainSpec.Late(rawValue: $0.value) }) {
            spec.onTimeout = late
        }
        return spec
    }

    private func canary(beside stable: TrackDraft) -> CanarySpec? {
        guard var draft = draft.canary?.value, let replicas = draft.replicas else { return nil }
        if let inherited = stable.env {
            draft.env = draft.env ?? inherited
            draft.env?.value.merge(inherited.value) { own, _ in own }
        }
        draft.runtime = draft.runtime ?? stable.runtime
        guard let workload = workload(draft) else { return nil }
        let all = replicas.value + (stable.replicas?.value ?? 0)
        let part = all == 0 ? 0 : (200 * replicas.value + all) / (2 * all)
        return CanarySpec(
            replicas: replicas.value, workload: workload, weight: draft.weight?.value ?? part,
            match: (draft.match?.value ?? []).compactMap { rule($0.value) }, steps: steps(draft),
            analysis: analysis(draft))
    }

    private func rule(_ draft: MatchDraft) -> MatchRule? {
        guard let to = draft.to.flatMap({ Track(rawValue: $0.value) }) else { return nil }
        return MatchRule(
            to: to, called: draft.called?.value, caller: draft.caller?.value, source: draft.source?.value,
            header: draft.header?.value, value: draft.value?.value)
    }

    private func steps(_ canary: TrackDraft) -> [RolloutStep] {
        (canary.steps?.value ?? []).compactMap { step in
            step.value.weight.map { weight in
                RolloutStep(
                    weight: weight.value, pause: step.value.pause?.value ?? 600, calls: step.value.calls?.value ?? 100)
            }
        }
    }

    private func analysis(_ canary: TrackDraft) -> AnalysisSpec {
        var spec = AnalysisSpec()
        if let rate = canary.analysis?.value.errorRate { spec.errorRate = rate.value }
        if let tolerance = canary.analysis?.value.tolerance { spec.tolerance = tolerance.value }
        if let delay = canary.analysis?.value.delay?.value {
            let number = Int(delay.prefix { $0.isNumber }) ?? 4
            spec.delay = delay.hasSuffix("ms") ? number : number * 1000
        }
        return spec
    }

    private func workload(_ draft: TrackDraft) -> Workload? {
        guard let image = draft.image else { return nil }
        var workload = Workload(image: image.value)
        var defaulted: [String] = []
        if let env = draft.env { workload.env = env.value } else { defaulted.append("env") }
        if let runtime = draft.runtime.flatMap({ ContainerRuntime(rawValue: $0.value) }) {
            workload.runtime = runtime
        } else {
            defaulted.append("runtime")
        }
        workload.defaulted = FieldNames(defaulted)
        return workload
    }
}
