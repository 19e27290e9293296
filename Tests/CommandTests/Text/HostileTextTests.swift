import FoundationEssentials
import Libvirt
import TestSupport
import Testing

/// "Names, images, environment values and metadata with spaces, quotes, ... : either refused with a located error or carried through unharmed."
@Suite struct HostileTextTests {
    /// Whatever a shell, systemd, XML, YAML or printf could take for its own.
    private static let values = [
        "SPACES": "two  spaces", "EDGES": "  before and after  ", "EMPTY": "", "TAB": "a\tb",
        "QUOTES": #"a "double", a 'single', a `back`"#, "ODD_QUOTE": #"it's 5" wide"#, "PERCENT": "100 % %n %%h %",
        "DOLLAR": "$HOME ${PATH} $$ $", "LINES": "[globals]\nTRUNK=1\n\n; end\n",
        "CDATA": "]]> <a b='c'> &amp; </domain>",
        "UNICODE": "ünïcode 電話 🎉 \u{200d}", "BACKSLASH": #"back\slash \n \x41 \"#, "COMMENT": "# no comment ; at all",
        "OPTION": "--privileged", "EQUALS": "a=b=c", "GLOB": "*?[a-z] ~ {a,b} | & > < ;",
        "YAML": "yes: [no, {x: null}] - ! &a *a",
    ]

    @Test(
        "Environment values reach the container as they were written, by systemd's own rules, and systemd accepts the unit"
    )
    func environment() async throws {
        try await LabSession.run { lab in
            var manifest = ManifestText(nodes: 1, replicas: 1)
            manifest.env = Self.values
            // Its unit needs no other unit, which systemd-analyze would look for.
            manifest.runtime = "podman"
            try await lab.apply(manifest)
            let words = try SystemdWords.split(try #require(try await lab.option("ExecStart", of: "e2e-asterisk-1")))
            var found: [String: String] = [:]
            for (option, setting) in zip(words, words.dropFirst()) where option == "--env" {
                let sides = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                found[String(sides[0])] = String(sides[1])
            }
            for (name, value) in Self.values { #expect(found[name] == value, "\(name)") }
            #expect(words.last == manifest.image)
            for unit in try await lab.unitNames() { try await lab.verifyUnit(unit) }
            // What was written is what is there: a value that came back changed would be a change for ever.
            try await lab.expectConverged(manifest)
            let plan = try await lab.dialtone("plan", "-f", lab.write(manifest), "-o", "json")
            #expect(!plan.stdout.contains("two  spaces"))
        }
    }

    @Test("systemd refuses a unit whose quoting is broken, so that its acceptance proves something")
    func broken() async throws {
        try await LabSession.run { lab in
            try await lab.curlFleet(
                "units/broken.service", method: "PUT",
                body:
                    #"{"desiredState":"loaded","options":[{"section":"Service","name":"ExecStart","value":"/usr/bin/podman \"run"}]}"#
            )
            await #expect(throws: UnexpectedOutput.self) { try await lab.verifyUnit("broken") }
        }
    }

    @Test("Kernel arguments, keys and user data reach the domain and its drive as they were written")
    func node() async throws {
        let arguments = #"console=ttyS0 a="b c" 'd' %n $HOME \n ]]> <x> &amp; ü 電話 🎉"#
        let kernel = #"/boot/vm linuz <&>"'$%]]>ü"#
        let comment = #"ann's "key" <&> ]]> %n $HOME \ ü 🎉"#
        let data = "#!/bin/sh\necho \"$HOME\" '%n' \\n ]]> <a> & ü 電話 🎉\n\ttab\n"
        try await LabSession.run { lab in
            try await lab.bootFromKernel(kernel, arguments: arguments)
            var manifest = ManifestText(nodes: 1, replicas: 0)
            manifest.sshAuthorizedKeys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFJ2cG9ydGFibGUgZXhhbXBsZSBr \(comment)"]
            manifest.userData = data
            try await lab.apply(manifest)

            let domain = try XMLElement(parsing: await lab.virsh("dumpxml", "e2e-node-1"))
            let os = try #require(domain.first("os"))
            #expect(os.first("cmdline")?.text == arguments)
            #expect(os.first("kernel")?.text == kernel)
            let mark = try #require(domain.first("metadata")?.elements.first { $0.namespace?.uri == "urn:dialtone:1" })
            let inputs = try JSON(try #require(mark.first("inputs")?.text))
            #expect(inputs["sshAuthorizedKeys"][0].string == manifest.sshAuthorizedKeys?[0])
            let drive = try #require(try await lab.volumes().first { $0.hasPrefix("e2e-node-1-drive") })
            let content = readText("\(lab.directory)/volumes/default-pool/\(drive)")
            #expect(content.contains(data))
            try await lab.expectConverged(manifest)
        }
    }

    private static let refused: [(String, String, String)] = [
        ("metadata: {name: \"a b\"}", "metadata.name", "1:"),
        ("metadata: {name: \"a]]>\"}", "metadata.name", "1:"),
        ("spec: {asterisk: {image: \"a b\"}}", "spec.asterisk.image", "1:"),
        ("spec: {asterisk: {image: \"a\\nb\"}}", "spec.asterisk.image", "1:"),
        ("spec: {asterisk: {image: \"$HOME/%n:1\"}}", "spec.asterisk.image", "1:"),
        ("spec: {asterisk: {image: \"--privileged\"}}", "spec.asterisk.image", "1:"),
        ("spec: {asterisk: {env: {\"A B\": x}}}", "spec.asterisk.env", "1:"),
        ("spec: {asterisk: {env: {A: \"a\\0b\"}}}", "", "1:"),
        ("spec: {asterisk: {env: {A: \"a\\x07b\"}}}", "spec.asterisk.env", "1:"),
        ("spec: {asterisk: {env: {A: \"a\\uFFFFb\"}}}", "spec.asterisk.env", "1:"),
        ("spec: {nodes: {boot: {kernel: /a, arguments: \"a\\uFFFEb\"}}}", "spec.nodes.boot.arguments", "1:"),
        ("spec: {nodes: {userData: \"#!/bin/sh\\necho \\x1b[2J\"}}", "spec.nodes.userData", "1:"),
    ]

    @Test("What cannot be carried through is refused where it was written", arguments: refused)
    func refuses(_ text: String, _ word: String, _ place: String) async throws {
        let files = try TemporaryDirectory()
        let base = try files.write(ManifestText(nodes: 1, replicas: 1).text, to: "base.yaml")
        let wrong = try files.write(text + "\n", to: "wrong.yaml")
        let (status, output) = try await Executable.run("validate", "-f", base, "-f", wrong)
        #expect(status == 65, "\(output)")
        let line = output.split(separator: "\n").first { $0.hasPrefix("\(wrong):\(place)") }
        #expect(line?.contains(word) == true, "\(output)")
    }
}

extension LabSession {
    /// The unit as a file, in the order in which fleet has its options, accepted by `systemd-analyze verify`.
    func verifyUnit(_ name: String) async throws {
        let unit = try JSON(await curlFleet("units/\(name).service"))
        var lines: [String] = []
        var section: String?
        for option in unit["options"].array {
            if option["section"].string != section {
                section = option["section"].string
                lines.append("[\(section ?? "")]")
            }
            // Neither the container's runtime nor our own program has to be on this machine.
            let value = (option["value"].string ?? "")
                .replacing("/usr/bin/podman", with: "/usr/bin/env").replacing(
                    "/opt/dialtone/bin/dialtone", with: "/usr/bin/env")
            lines.append("\(option["name"].string ?? "")=\(value)")
        }
        let file = try files.write(lines.joined(separator: "\n") + "\n", to: "\(name).service")
        _ = try await successful(["systemd-analyze", "verify", "--man=no", file])
    }

    /// Makes the lab's nodes boot from a kernel: what the lab decides wins over the manifest.
    func bootFromKernel(_ kernel: String, arguments: String) async throws {
        let boot = try JSONEncoder().encode(["kernel": kernel, "arguments": arguments])
        let text = readText("\(directory)/lab.yaml").replacing(
            #""boot" : "disk""#, with: #""boot" : "# + String(decoding: boot, as: UTF8.self))
        let own = try files.write(text, to: "lab.yaml")
        try FileManager.default.removeItem(atPath: "\(directory)/lab.yaml")
        try FileManager.default.moveItem(atPath: own, toPath: "\(directory)/lab.yaml")
    }
}
