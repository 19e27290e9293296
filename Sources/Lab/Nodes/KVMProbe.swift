import FoundationEssentials
import Glibc

/// Whether this machine's KVM boots a guest, found out by booting one.
///
/// Neither `/dev/kvm` nor what libvirt says of its capabilities tells: there are hosts where both are there and no guest comes up.
struct KVMProbe {
    /// What the initrd says.
    static let greeting = "DIALTONE-PROBE-OK"

    /// Where what came of it is kept.
    var memory = NodeImage.cache + "/kvm-probe"
    /// The answer stands as long as nothing of this has changed.
    var circumstances = KVMCircumstances()
    var emulator = "qemu-system-x86_64"
    var limit = Duration.seconds(10)

    /// Boots the image's initrd, until it says that it is there, the emulator ends, or the time is up.
    func works(_ image: NodeImage, _ layout: LabLayout, keeper: RecordKeeper) async throws(LabError) -> Bool {
        let question = "\(circumstances.text) \(image.directory)\n"
        if let known = try? String(contentsOfFile: memory, encoding: .utf8), known.hasPrefix(question) {
            return known.hasSuffix("\nyes\n")
        }
        let child = try LabChild(
            name: "kvm-probe",
            command: [
                emulator, "-accel", "kvm", "-cpu", "max", "-m", "128", "-nodefaults", "-no-user-config",
                "-no-reboot", "-display", "none", "-serial", "stdio", "-kernel", image.kernel, "-initrd", image.initrd,
                "-append", "console=ttyS0 quiet dialtone.probe",
            ], environment: await keeper.environment, log: layout.log("kvm-probe"))
        try await keeper.add(child)
        let end = ContinuousClock.now + limit
        var works = false
        while !works, ContinuousClock.now < end, !Task.isCancelled {
            let hasEnded = child.exitStatus != nil
            works =
                (FileManager.default.contents(atPath: layout.log("kvm-probe"))).map {
                    String(decoding: $0, as: UTF8.self).contains(Self.greeting)
                } ?? false
            if hasEnded { break }
            try? await Task.sleep(for: .milliseconds(50))
        }
        await child.kill()
        try await keeper.remove(child)
        // A place that cannot be written to costs the next lab ten seconds.
        if !Task.isCancelled { try? LabFile.replace(memory, with: Array((question + (works ? "yes\n" : "no\n")).utf8)) }
        return works
    }
}

/// What an answer of the probe depends on, as far as this machine shows it: its start, the device, and the modules that drive it.
struct KVMCircumstances {
    var start = "/proc/sys/kernel/random/boot_id"
    var device = "/dev/kvm"
    var modules = "/sys/module"

    /// One line.
    var text: String {
        let start = (try? String(contentsOfFile: start, encoding: .utf8)) ?? ""
        let loaded = ((try? FileManager.default.contentsOfDirectory(atPath: modules)) ?? []).sorted()
            .filter { $0.hasPrefix("kvm") }.map { "\($0):\(Self.identity("\(modules)/\($0)"))" }
        return ([start.filter { !$0.isWhitespace }, Self.identity(device)] + loaded).joined(separator: " ")
    }

    /// Of a file that is there: one that was taken away and made anew, or that others may open now, has another.
    private static func identity(_ path: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { return "none" }
        return "\(status.st_ino)-\(status.st_rdev)-\(status.st_mode)-\(status.st_uid)-\(status.st_gid)"
    }
}
