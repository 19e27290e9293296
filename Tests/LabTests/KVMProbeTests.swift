import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Lab

@Suite struct KVMProbeTests {
    /// A host put together from files, and an emulator that notes each boot and does what `emulator` says.
    private struct Host {
        let files: TemporaryDirectory
        let probe: KVMProbe
        let layout: LabLayout
        let keeper: RecordKeeper

        init(emulator: String, limit: Duration = .seconds(10)) throws {
            files = try TemporaryDirectory()
            let program = try files.write(
                "#!/bin/sh\necho boot >>\(files.file("boots"))\n\(emulator)\n", to: "emulator", mode: 0o755)
            #expect(mkdir(files.file("modules"), 0o755) == 0)
            try files.write("the first start\n", to: "start")
            probe = KVMProbe(
                memory: files.file("memory"),
                circumstances: KVMCircumstances(
                    start: files.file("start"), device: files.file("kvm"), modules: files.file("modules")),
                emulator: program, limit: limit)
            let record: LabRecord
            (record, layout) = try Lab.prepare(files.file("lab"))
            keeper = RecordKeeper(record, layout)
        }

        func works(image: String = "image") async throws -> Bool {
            unlink(layout.log("kvm-probe"))
            return try await probe.works(NodeImage(directory: files.file(image)), layout, keeper: keeper)
        }

        var boots: Int { readText(files.file("boots")).split(separator: "\n").count }
    }

    @Test(
        "A guest that says that it is there is a yes; it is kept, ends the emulator, and is asked again for another image"
    )
    func yes() async throws {
        let host = try Host(emulator: "echo '[ 0.1] \(KVMProbe.greeting)'; exec sleep 100")
        let began = ContinuousClock.now
        #expect(try await host.works())
        #expect(try await host.works())
        #expect(host.boots == 1)
        #expect(try await host.works(image: "another"))
        #expect(host.boots == 2)
        #expect(ContinuousClock.now - began < .seconds(8))
        #expect(ProcessIdentity.marked(await host.keeper.id) == [])
    }

    @Test(
        "An emulator that fails, and a guest that says nothing in its time, are a no",
        arguments: ["echo 'Could not access KVM kernel module'; exit 1", "echo KVM; exec sleep 100", "kill -KILL $$"])
    func no(emulator: String) async throws {
        let host = try Host(emulator: emulator, limit: .milliseconds(500))
        #expect(try await !host.works())
        #expect(try await !host.works())
        #expect(host.boots == 1)
        #expect(ProcessIdentity.marked(await host.keeper.id) == [])
    }

    @Test("A no is asked again once the device or a module comes, goes or is another, and after a start of the machine")
    func askedAgain() async throws {
        let host = try Host(
            emulator:
                "[ -e \(#"${0%/*}"#)/kvm ] && [ -e \(#"${0%/*}"#)/modules/kvm_intel ] && echo \(KVMProbe.greeting); exit 1"
        )
        #expect(try await !host.works())
        try host.files.write("", to: "kvm")
        #expect(try await !host.works())
        #expect(host.boots == 2)
        #expect(mkdir(host.files.file("modules/kvm_intel"), 0o755) == 0)
        #expect(try await host.works())
        #expect(host.boots == 3)
        // Others may open it now.
        #expect(chmod(host.files.file("kvm"), 0o666) == 0)
        #expect(try await host.works())
        #expect(host.boots == 4)
        try host.files.write("the second start\n", to: "start")
        #expect(try await host.works())
        #expect(host.boots == 5)
        #expect(unlink(host.files.file("kvm")) == 0)
        #expect(try await !host.works())
        #expect(try await !host.works())
        #expect(host.boots == 6)
    }

    @Test("A lab that is ended while it asks keeps no answer")
    func cancelled() async throws {
        let host = try Host(emulator: "exec sleep 100")
        let asking = Task { try await host.works() }
        try await eventually("it boots") { host.boots == 1 }
        asking.cancel()
        #expect(try await !asking.value)
        #expect(access(host.probe.memory, F_OK) != 0)
    }
}
