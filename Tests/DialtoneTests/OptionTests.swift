import ArgumentParser
import Manifest
import Testing

@testable import dialtone

@Suite("Options")
struct OptionTests {
    @Test(
        "Spans of time",
        arguments: [
            ("90", 90), ("90s", 90), ("10m", 600), ("2h", 7200), ("0", nil), ("", nil), ("s", nil), ("-5", nil),
            ("1.5m", nil), ("5 s", nil), ("5d", nil), ("99999999999999999999", nil), ("9999h", nil), ("٣", nil),
        ] as [(String, Int?)])
    func seconds(text: String, count: Int?) {
        #expect(Seconds(argument: text)?.count == count)
    }

    @Test("A flag wins over its variable, and a problem names the one that was taken; an empty variable is none")
    func overrides() throws {
        let options = try ConnectionOptions.parse(["--etcd", "http://flag:2379"])
        let overrides = options.overrides([
            "DIALTONE_ETCD": "http://variable:2379", "DIALTONE_FLEET": "unix:/f", "DIALTONE_LIBVIRT": "",
        ])
        #expect(overrides.etcd == .init("http://flag:2379", origin: "--etcd"))
        #expect(overrides.fleet == .init("unix:/f", origin: "DIALTONE_FLEET"))
        #expect(overrides.libvirt == nil)
    }

    @Test("A lab is given by its flag or its variable")
    func lab() throws {
        #expect(try ConnectionOptions.parse([]).labDirectory(["DIALTONE_LAB": "/l"]) == "/l")
        #expect(try ConnectionOptions.parse(["--lab", "m"]).labDirectory(["DIALTONE_LAB": "/l"]) == "m")
        #expect(try ConnectionOptions.parse([]).labDirectory(["DIALTONE_LAB": ""]) == nil)
    }

    @Test(
        "Colour only on a terminal and without NO_COLOR",
        arguments: [[:], ["NO_COLOR": "1"], ["TERM": "dumb"]])
    func style(environment: [String: String]) {
        // Tests' output is no terminal.
        #expect(!Style.fitting(Streams(descriptor: -1), environment: environment).isColored)
    }
}
