import FoundationEssentials
import TestSupport
import Testing

/// What the guests themselves say, through their agents, and what libvirt says of them.
extension MachineLab {
    /// The name that a guest gives itself.
    func hostname(_ node: String) async throws -> String {
        try await virsh("domhostname", node, "--source", "agent").withoutBlanks
    }

    /// The number that libvirt gave a machine at its start, and its UUID: one that was started anew has another number.
    func identity(_ node: String) async throws -> Identity {
        Identity(
            start: try await virsh("domid", node).withoutBlanks, uuid: try await virsh("domuuid", node).withoutBlanks)
    }

    struct Identity: Equatable {
        var start: String
        var uuid: String
    }

    /// etcd's document under a key of the cluster; empty: there is none.
    func key(_ name: String) async throws -> String {
        try await Self.run([
            "env", "ETCDCTL_API=3", "etcdctl", "--endpoints", etcd, "get", "/dialtone/q/\(name)", "--print-value-only",
        ]).text
    }

    /// What registered itself in etcd under `instances/`.
    struct Instance: Decodable {
        var address: String
        var port: Int
        var image: String
        var version: String
    }

    func instances() async throws -> [Instance] {
        let lines = try await Self.run([
            "env", "ETCDCTL_API=3", "etcdctl", "--endpoints", etcd, "get", "--prefix", "/dialtone/q/instances/",
            "--print-value-only",
        ]).text
        return try lines.split(separator: "\n").map { try JSONDecoder().decode(Instance.self, from: Data($0.utf8)) }
    }

    /// A machine that is none of ours takes an address from the network, as far as the network knows: a lease that must outlive our nodes.
    func lease(_ mac: String) async throws {
        let client = """
            import os, socket, struct, sys
            mac = bytes.fromhex(sys.argv[1].replace(":", ""))
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            s.setsockopt(socket.SOL_SOCKET, 25, b"other0")  # SO_BINDTODEVICE
            s.bind(("0.0.0.0", 68))
            s.settimeout(5)
            xid = os.urandom(4)
            def ask(options):
                # RFC 2131: BOOTREQUEST, Ethernet, answers by broadcast.
                head = struct.pack("!4B4sHH16x", 1, 1, 6, 0, xid, 0, 0x8000) + mac + bytes(202)
                s.sendto(head + b"\\x63\\x82\\x53\\x63" + options + b"\\xff", ("255.255.255.255", 67))
                while True:
                    answer = s.recv(4096)
                    if answer[4:8] == xid:
                        return answer
            offer = ask(b"\\x35\\x01\\x01")
            ask(b"\\x35\\x01\\x03\\x32\\x04" + offer[16:20] + b"\\x36\\x04" + offer[20:24])
            """
        let taken = try await inside(
            "sh", "-ec",
            #"""
            ip link add other0 address "$1" type veth peer name other1
            ip link set other1 master lab0 up
            # In a network of its own, since nobody takes an answer that comes from an address of his own.
            unshare --net sh -c 'until ip link set other0 up; do sleep 0.1; done 2>/dev/null; exec python3 -c "$2" "$1"' sh "$@" &
            while [ "$(readlink /proc/$!/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
            ip link set other0 netns $!
            wait $!
            """#, "sh", mac, client)
        #expect(taken.status == 0, "\(taken)")
    }

    /// What was put to fleet so far, as lines of its log of requests.
    var puts: [Substring] {
        readText("\(directory)/log/fleet-requests.log").split(separator: "\n").filter {
            $0.contains(#""method":"PUT""#)
        }
    }

    /// Makes the lab's fleet misbehave; without arguments no more.
    func fault(_ arguments: String...) async throws {
        let fault = try await Self.run([Self.executable, "lab", "fault", "--dir", directory] + arguments)
        #expect(fault.status == 0, "\(fault)")
    }

    func mac(_ node: String) async throws -> String {
        let words = try await virsh("domiflist", node).split { $0 == " " || $0 == "\n" }
        return words.last.map(String.init) ?? ""
    }

    /// What a shell in the guest prints.
    @discardableResult
    func guest(_ node: String, _ script: String) async throws -> String {
        struct Answer<Content: Decodable>: Decodable {
            enum CodingKeys: String, CodingKey {
                case content = "return"
            }
            var content: Content
        }
        struct Started: Decodable {
            var pid: Int
        }
        struct Status: Decodable {
            enum CodingKeys: String, CodingKey {
                case exited
                case output = "out-data"
            }
            var exited: Bool
            var output: String?
        }
        struct Command: Encodable {
            struct Arguments: Encodable {
                enum CodingKeys: String, CodingKey {
                    case path, arg, pid
                    case capture = "capture-output"
                }
                var path: String?
                var arg: [String]?
                var capture: Bool?
                var pid: Int?
            }
            var execute: String
            var arguments: Arguments
        }
        func ask<Content: Decodable>(_ command: Command, for type: Content.Type) async throws -> Content {
            let text = String(decoding: try JSONEncoder().encode(command), as: UTF8.self)
            let answer = try await virsh("qemu-agent-command", node, text)
            return try JSONDecoder().decode(Answer<Content>.self, from: Data(answer.utf8)).content
        }
        let started = try await ask(
            Command(execute: "guest-exec", arguments: .init(path: "/bin/sh", arg: ["-c", script], capture: true)),
            for: Started.self)
        let output = try await eventually("the command in \(node) ends", deadline: .seconds(20)) { () -> String? in
            let status = try await ask(
                Command(execute: "guest-exec-status", arguments: .init(pid: started.pid)), for: Status.self)
            return status.exited ? status.output ?? "" : nil
        }
        return String(decoding: Data(base64Encoded: output) ?? Data(), as: UTF8.self)
    }

    /// What a guest has that another machine of its name would not: its start's, its disk's and its image's identity.
    func traces(_ node: String) async throws -> Traces {
        let text = try await guest(
            node, "cat /proc/sys/kernel/random/boot_id /etc/ssh/host_key /etc/dialtone/image")
        let lines = text.split(separator: "\n").map(String.init)
        guard lines.count == 3 else { throw Failed(description: "\(node) says: \(text)") }
        return Traces(boot: lines[0], disk: lines[1], image: lines[2])
    }

    struct Traces: Equatable {
        var boot: String
        var disk: String
        var image: String
    }

    /// All that a cluster may leave: domains, volumes, reservations and keys.
    func belongings() async throws -> [String] {
        let network = try await virsh("net-dumpxml", "dialtone").split(separator: "\n").filter { $0.contains("<host ") }
        let keys = try await Self.run([
            "env", "ETCDCTL_API=3", "etcdctl", "--endpoints", etcd, "get", "", "--prefix", "--keys-only",
        ]).text
        return try await virsh("list", "--all", "--name").split(separator: "\n").map { "domain \($0)" }
            + virsh("vol-list", "default").split(separator: "\n").map { "volume \($0)" }
            + network.map { "network \($0)" } + keys.split(separator: "\n").map { "key \($0)" }
            + virsh("net-dhcp-leases", "dialtone").split(separator: "\n").map { "lease \($0)" }
    }

    /// The kinds of a plan's actions with their targets, as `restartNode q-node-1`.
    func deeds(_ manifest: Manifest) async throws -> [String] {
        struct Plan: Decodable {
            struct Step: Decodable {
                struct Action: Decodable {
                    var kind: String
                    var target: String
                }
                var actions: [Action]
            }
            var steps: [Step]
        }
        let text = try await dialtone("plan", manifest, "-o", "json").text
        let plan = try JSONDecoder().decode(Plan.self, from: Data(text.utf8))
        return plan.steps.flatMap(\.actions).map { "\($0.kind) \($0.target)" }
    }
}

extension String {
    var withoutBlanks: String { filter { $0 != "\n" && $0 != " " } }
}
