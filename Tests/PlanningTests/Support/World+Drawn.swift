import ClusterModel

extension World {
    /// Worlds and manifests of many kinds, drawn from a number.
    static func drawn(_ seed: Int) -> (world: World, wanted: ClusterSpec) {
        var chance = SplitMix(state: UInt64(seed))
        func pick(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(chance.next() % UInt64(range.count)) }
        func spec() -> ClusterSpec {
            let nodes = pick(1...5)
            return .sample(
                nodes: nodes, replicas: pick(1...nodes), canary: pick(0...1), weight: pick(0...100),
                perNode: pick(1...2), maxUnavailable: pick(1...2), maxDestroy: pick(0...1) * 100,
                image: "asterisk:2\(pick(0...1))", hypervisors: ["h", "i"], addresses: 8)
        }
        let standing = spec()
        var wanted = spec()
        if pick(0...3) == 0 { wanted.nodes.memoryMiB = 4096 }
        if pick(0...3) == 0 { wanted.nodes.diskGiB = 40 }
        var world = World.standing(standing)
        for _ in 0..<pick(0...6) {
            let hypervisor = ["h", "i"][pick(0...1)]
            let node = "a-node-\(pick(1...5))"
            let instance = "a-asterisk-\(pick(1...5))"
            switch pick(0...11) {
            case 0: world.stop(node, on: hypervisor)
            case 1:
                world.stop(node, on: hypervisor)
                world[hypervisor: hypervisor].domains[node] = nil
            case 2: world[hypervisor: hypervisor].pool?.volumes.remove("\(node).qcow2")
            case 3: world[hypervisor: hypervisor].domains[node]?.mark = nil
            case 4: world[hypervisor: hypervisor].domains[node]?.hardware?.memoryMiB = 1
            case 5: world.units.units[instance] = nil
            case 6: world.units.units[instance]?.intact = false
            case 7: world.lapse(instance)
            case 8: world.calls(pick(0...2), on: instance)
            case 9: world.share(instance, .draining)
            case 10: world.observed.hypervisors[hypervisor] = .unknown(reason: "refused", last: nil)
            default: world.units.units["a-announcer-\(pick(1...5))"] = nil
            }
        }
        return (world, wanted)
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
