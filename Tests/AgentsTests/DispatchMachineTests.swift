import Kamailio
import Testing

@testable import Agents

/// The machine alone: events in, effects out.
@Suite struct DispatchMachineTests {
    typealias Effect = DispatchMachine.Effect

    /// A Kamailio of lists and an etcd of keys, as simple as can be.
    struct World {
        var machine = DispatchMachine(settings: .init(reloadDelta: 1))
        var now = 1000.25
        /// The list file, and what Kamailio has in force.
        var file: DispatcherList?
        var inForce: DispatcherList?
        var acknowledged: Int?
        var said: [String] = []
        var reloads: [Double] = []
        /// Effects that were asked for and not yet carried out.
        var pending: [Effect] = []

        mutating func send(_ event: DispatchMachine.Event) {
            for effect in machine.handle(event, at: now) {
                switch effect {
                case .say(let text): said.append(text)
                case .wake: break
                case .list, .write, .reload, .publish, .withdraw: pending.append(effect)
                }
            }
        }

        /// Carries out one effect.
        mutating func step() {
            guard !pending.isEmpty else { return }
            switch pending.removeFirst() {
            case .list: send(.listed(sets))
            case .write(let list):
                file = list
                send(.written)
            case .reload:
                if let last = reloads.last, last.rounded(.down) + 1 > now {
                    send(.reloadRefused)
                } else {
                    reloads.append(now)
                    inForce = file
                    send(.reloaded)
                }
            case .publish(let acknowledgement):
                acknowledged = acknowledgement.revision
                send(.published(acknowledgement))
            case .withdraw: acknowledged = nil
            case .say, .wake: break
            }
        }

        /// Lets time go by until nothing is to be done.
        mutating func settle(_ seconds: Double = 3) {
            let end = now + seconds
            while now < end {
                while !pending.isEmpty { step() }
                now += 0.05
                send(.tick)
            }
            while !pending.isEmpty { step() }
        }

        var sets: DispatcherSets {
            var sets: [Int: [DispatcherSets.Destination]] = [:]
            for line in inForce?.lines ?? [] {
                let state: DispatcherSets.State =
                    line.flags.contains(.disabled) ? .disabled : line.flags.contains(.inactive) ? .inactive : .active
                sets[line.set, default: []].append(
                    .init(
                        uri: line.uri, state: state, isProbed: line.flags.contains(.probing), attributes: line.body))
            }
            return DispatcherSets(sets)
        }

        mutating func start(_ pid: Int = 1) {
            send(.kamailio(KamailioRun(version: "5.6.3", startedAt: "then", pid: pid, uptime: 1), route: 1))
        }
    }

    static func shares(_ revision: Int, _ states: [SharesDocument.Instance.State], canary: Int = 0) -> SharesDocument {
        SharesDocument(
            schema: 1, revision: revision, draw: .init(stable: 100 - canary, canary: canary),
            instances: states.enumerated().map {
                .init(name: "i\($0)", address: "10.0.0.\($0 + 1):5060", track: .stable, state: $1)
            })
    }

    @Test("It lists, writes, reloads, reads back, and only then acknowledges")
    func order() {
        var world = World()
        world.start()
        world.send(.shares(Self.shares(4, [.in, .in])))
        #expect(world.pending == [.list])
        world.step()
        guard case .write = world.pending.first else { return #expect(Bool(false), "\(world.pending)") }
        world.step()
        #expect(world.pending == [.reload])
        world.step()
        #expect(world.pending == [.list] && world.acknowledged == nil)
        world.step()
        world.step()
        #expect(world.acknowledged == 4)
        #expect(world.inForce?.lines.filter { $0.set == 1 }.map(\.uri) == ["sip:10.0.0.1:5060", "sip:10.0.0.2:5060"])
    }

    @Test(
        "Another revision of the same lines is acknowledged without a reload, and a list that is in force already too")
    func same() {
        var world = World()
        world.start()
        world.send(.shares(Self.shares(4, [.in])))
        world.settle()
        world.send(.shares(Self.shares(5, [.in])))
        world.settle()
        #expect(world.acknowledged == 5 && world.reloads.count == 1)
        var anew = World()
        anew.inForce = world.inForce
        anew.start()
        anew.send(.shares(Self.shares(5, [.in])))
        anew.settle()
        #expect(anew.acknowledged == 5 && anew.reloads.isEmpty)
    }

    @Test("Changes that come while a reload is under way are taken up together, the last one alone")
    func coalesced() {
        var world = World()
        world.start()
        for revision in 1...50 {
            world.send(.shares(Self.shares(revision, revision % 2 == 0 ? [.in, .in] : [.in, .draining])))
            world.step()
        }
        world.settle()
        #expect(world.acknowledged == 50)
        #expect(world.reloads.count <= 3, "\(world.reloads)")
        #expect(world.file == world.inForce)
    }

    @Test("What changes back while the reload for it is under way is not taken for what was in force before")
    func thereAndBack() {
        var world = World()
        world.start()
        world.send(.shares(Self.shares(1, [.in, .in])))
        world.settle()
        world.send(.shares(Self.shares(2, [.in, .draining])))
        world.step()
        world.step()
        // The file is written, the reload is asked for.
        world.send(.shares(Self.shares(3, [.in, .in])))
        #expect(world.acknowledged == 1)
        world.settle()
        #expect(world.acknowledged == 3)
        #expect(world.inForce?.lines.contains { $0.flags.contains(.disabled) } == false)
        #expect(world.file == world.inForce)
    }

    @Test("A refused reload is asked for again, and a file of which none came about is put back")
    func refused() {
        var world = World()
        world.start()
        world.send(.shares(Self.shares(1, [.in, .in])))
        world.settle()
        world.reloads.append(world.now)
        world.send(.shares(Self.shares(2, [.in, .draining])))
        for _ in 0..<3 { world.step() }
        #expect(world.file != world.inForce, "the reload was refused")
        world.send(.shares(Self.shares(3, [.in, .in])))
        world.settle()
        #expect(world.acknowledged == 3 && world.file == world.inForce)
    }

    @Test("What was found dead is written as dead, and what is drained as out")
    func dead() {
        var world = World()
        world.start()
        world.send(.shares(Self.shares(1, [.in, .in, .in])))
        world.settle()
        world.inForce?.lines[1].flags.insert(.inactive)
        world.send(.shares(Self.shares(2, [.in, .in, .draining])))
        world.settle()
        #expect(world.file?.lines.prefix(3).map(\.flags.rawValue) == [8, 9, 4])
    }

    @Test("Kamailio's silence and its restart withdraw the acknowledgement; a single lost answer does not")
    func away() {
        var world = World()
        world.start()
        world.send(.shares(Self.shares(1, [.in])))
        world.settle()
        world.send(.kamailioSilent("no answer"))
        world.settle()
        #expect(world.acknowledged == 1)
        world.send(.kamailioSilent("no answer"))
        world.send(.kamailioSilent("no answer"))
        world.settle()
        #expect(world.acknowledged == nil)
        world.start()
        world.settle()
        #expect(world.acknowledged == 1)
        world.send(.kamailio(KamailioRun(version: "5.6.3", startedAt: "now", pid: 2, uptime: 0), route: 1))
        #expect(world.pending.first == .withdraw)
        world.settle()
        #expect(world.acknowledged == 1 && world.reloads.count == 1, "it read the file by itself")
    }

    @Test(
        "A Kamailio that takes a part of a list only, or refuses, has nothing acknowledged, and is asked again until it has all"
    )
    func partly() {
        var world = World()
        world.start()
        world.send(.shares(Self.shares(1, [.in, .in, .in])))
        world.step()
        world.step()
        world.step()
        #expect(world.pending == [.list])
        // Out of memory, it skips lines and says that all is well.
        world.inForce?.lines.removeLast()
        world.step()
        #expect(world.acknowledged == nil && world.said.contains { $0.contains("does not have the list") })
        world.now += 2
        world.send(.tick)
        #expect(world.pending == [.list])
        world.pending = []
        world.send(.commandFailed("500 no memory"))
        #expect(world.said.last == "Kamailio refuses: 500 no memory")
        world.settle()
        #expect(world.acknowledged == 1)
    }

    @Test("Without shares, or with such that cannot be acted on, nothing is written and nothing acknowledged")
    func without() {
        var world = World()
        world.start()
        world.send(.shares(Self.shares(1, [.in])))
        world.settle()
        let file = world.file
        for event in [DispatchMachine.Event.noShares, .wrongShares("half a document")] {
            world.send(event)
            world.settle(40)
            #expect(world.acknowledged == nil && world.file == file && world.reloads.count == 1)
            world.send(.shares(Self.shares(1, [.in])))
            world.settle()
            #expect(world.acknowledged == 1)
        }
        world.send(.registryAway("no route"))
        world.settle(40)
        #expect(world.file == file && world.said.contains { $0.contains("revision 1 of `shares` stays in force") })
    }

    @Test("A list that somebody changed is put right")
    func audit() {
        var world = World()
        world.start()
        world.send(.shares(Self.shares(1, [.in, .draining])))
        world.settle()
        world.inForce?.lines[1].flags = .probing
        world.settle(35)
        #expect(world.acknowledged == 1 && world.reloads.count == 2)
        #expect(world.inForce?.lines[1].flags == .disabled)
    }

    @Test("The lines of shares, as they stand in the file")
    func lines() throws {
        var document = Self.shares(9, [.in, .draining, .out], canary: 10)
        document.instances.append(.init(name: "c", address: "10.0.0.9:5070", track: .canary, state: .in))
        document.emergencyNumbers = ["112", "911"]
        document.match = [.init(to: .canary, called: "+49", source: "10.0.0.0/8", header: "X-Beta", value: "1")]
        let table = try DispatchTable(document, sets: .init())
        #expect(
            table.list(dead: []).lines.map(\.text) == [
                "1 sip:10.0.0.1:5060 8 0 duid=i0", "1 sip:10.0.0.2:5060 4 0 duid=i1", "1 sip:10.0.0.3:5060 4 0 duid=i2",
                "2 sip:10.0.0.9:5070 8 0 duid=c", "9 sip:127.0.0.1:9 32 0 rweight=90;track=1",
                "9 sip:127.0.0.1:9 32 0 rweight=10;track=2", "8 sip:127.0.0.1:9 32 1000 rule=none",
                "8 sip:127.0.0.1:9 32 999 rule=emergency;numbers=112/911",
                "8 sip:127.0.0.1:9 32 998 rule=match;to=2;called=+49;source=10.0.0.0/8;header=X-Beta;value=1",
            ])
    }

    @Test(
        "A track that has no instance has no line to be drawn",
        arguments: [(0, 1, [90]), (1, 0, [100]), (1, 1, [90, 10])])
    func draw(stable: Int, canary: Int, expected: [Int]) throws {
        var document = Self.shares(1, [SharesDocument.Instance.State](repeating: .in, count: stable), canary: 10)
        if canary > 0 {
            document.instances.append(.init(name: "c", address: "10.0.0.9:5070", track: .canary, state: .in))
        }
        let weights = try DispatchTable(document, sets: .init()).lines.filter { $0.set == 9 }.map(\.body)
        let wanted = stable == 0 ? ["rweight=100;track=2"] : zip(expected, 1...2).map { "rweight=\($0);track=\($1)" }
        #expect(weights == wanted)
    }
}
