import FoundationEssentials
import TestSupport
import Testing

@testable import Lab

@Suite struct UnitTests {
    @Test(
        "A command line is split by systemd's rules",
        arguments: [
            (#"/usr/bin/docker run --rm x"#, ["/usr/bin/docker", "run", "--rm", "x"]),
            (#"a "b c" 'd e'"#, ["a", "b c", "d e"]),
            (#"a "b \"c\" \\ d""#, ["a", #"b "c" \ d"#]),
            (#"a %%h $$HOME"#, ["a", "%h", "$HOME"]),
            (#""--env" "X=a\nb\tc\x41\u00e9""#, ["--env", "X=a\nb\tcAé"]),
            (#"a "" b"#, ["a", "", "b"]),
            (#"a"b"c"#, ["abc"]),
            (#"'it\'s'"#, ["it's"]),
            (#"x "a'b" 'c"d'"#, ["x", "a'b", "c\"d"]),
            ("  a\t b  ", ["a", "b"]),
            ("", []),
        ])
    func words(line: String, words: [String]) {
        #expect(CommandWords.split(line) == words)
    }

    private func options(_ component: String?, _ exec: String) -> [FleetOption] {
        [FleetOption(section: "Service", name: "ExecStart", value: exec)]
            + (component.map { [FleetOption(section: "X-Dialtone", name: "Component", value: $0)] } ?? [])
    }

    @Test("An Asterisk unit gives its ports and, from its image's tag, its version")
    func asterisk() {
        let exec =
            #"/usr/bin/docker run --rm --env "A=b c" --env DIALTONE_SIP_PORT=5070 --env=DIALTONE_ARI_PORT=8098 --env DIALTONE_RTP_PORTS=21000-21999 reg:5000/asterisk:22.1"#
        #expect(
            LabUnit(options: options("asterisk", exec))
                == .asterisk(AsteriskWish(version: "22.1", sipPort: 5070, ariPort: 8098, rtpPorts: 21000...21999)))
        #expect(
            LabUnit(options: options("asterisk", "docker run img")) == .asterisk(AsteriskWish(version: "latest")))
    }

    @Test(
        "The version is the tag, not a registry's port nor a digest",
        arguments: [
            ("a:20.9", "20.9"), ("r:5000/a", "latest"), ("r:5000/a:1@sha256:ff", "1"), ("a@sha256:ff", "latest"),
            ("", "latest"),
        ])
    func version(image: String, version: String) {
        #expect(AsteriskWish.version(image: image) == version)
    }

    @Test(
        "The tag's first number chooses the Asterisk",
        arguments: [("22", 22), ("16.28-alpine", 16), ("22.1", 22), ("latest", nil), ("v22", nil), ("220", 220)])
    func major(tag: String, major: Int?) {
        #expect(AsteriskWish(version: tag).major == major)
    }

    @Test("An announcer's arguments go to our own program; anything else runs as nothing")
    func others() {
        let exec = "/opt/dialtone/bin/dialtone announce --cluster a"
        #expect(LabUnit(options: options("announcer", exec)) == .agent(arguments: ["announce", "--cluster", "a"]))
        #expect(LabUnit(options: options(nil, exec)) == .other)
        #expect(LabUnit(options: options("homer", exec)) == .other)
        #expect(LabUnit(options: options("announcer", "")) == .other)
    }
}

@Suite struct AsteriskDirectoryTests {
    @Test(
        "Wherever a lab may be, an Asterisk's control socket has a path that a socket can have, and others have another"
    )
    func socket() {
        let longest = "/" + String(repeating: "l", count: 107 - LabLayout.longestSocket.utf8.count - 1)
        #expect(!LabLayout.needsShortSockets(longest) && LabLayout.needsShortSockets(longest + "l"))
        let layout = LabLayout(directory: longest, shortDirectory: nil)
        let names = (1...200).map { "\(String(repeating: "n", count: 60))-asterisk-\($0)" }
        #expect(names.allSatisfy { (layout.run($0) + "/asterisk.ctl").utf8.count <= 107 })
        #expect(Set(names.map(layout.run)).count == 200)
    }
}

@Suite struct VolumeTests {
    @Test("A volume's content is stored whole, replaced, listed, read and removed")
    func volumes() throws {
        let directory = try TemporaryDirectory()
        let volumes = LabVolumes(directory: directory.path)
        #expect(try volumes.read(pool: "p", name: "v.iso") == nil)
        try volumes.store(pool: "p", name: "v.iso", bytes: [1, 2])
        try volumes.store(pool: "p", name: "v.iso", bytes: [3])
        #expect(try volumes.read(pool: "p", name: "v.iso") == [3])
        let big = try directory.write(String(repeating: "x", count: 3 << 20), to: "big")
        let hash = try volumes.store(pool: "p", name: "big.img", copying: big)
        // sha256sum of 3 MiB of the letter x.
        #expect(hash == "3bea8a9a07c1e8dcaa4c1b816815c35a29b4fb585ba6ecc70ea44840a794cfb3")
        #expect(try volumes.read(pool: "p", name: "big.img")?.count == 3 << 20)
        #expect(try volumes.names(pool: "p") == ["big.img", "v.iso"])
        try volumes.delete(pool: "p", name: "v.iso")
        try volumes.delete(pool: "p", name: "v.iso")
        #expect(try volumes.names(pool: "p") == ["big.img"])
        #expect(try volumes.names(pool: "none") == [])
    }

    @Test("A name that would lead out of the pool is refused", arguments: ["..", ".", "", "a/b", "a\0b"])
    func names(name: String) throws {
        let directory = try TemporaryDirectory()
        #expect(throws: LabError.self) {
            try LabVolumes(directory: directory.path).store(pool: "p", name: name, bytes: [])
        }
        #expect(throws: LabError.self) {
            try LabVolumes(directory: directory.path).store(pool: name, name: "v", bytes: [])
        }
    }
}
