import FoundationEssentials
import Glibc

/// Whether this machine's KVM boots a guest, found out by booting one.
///
/// Neither `/dev/kvm` nor what libvirt says of its capabilities tells: there are hosts where both are there and no guest comes up.
enum KVMProbe {
    /// What the initrd says.
    private static let greeting = "DIALTONE-PROBE-OK"
    private static let limit = Duration.seconds(10)

    /// Boots the image's initrd, for ten seconds at most. What came of it is kept as long as this machine runs.
    static func works(_ image: NodeImage, _ layout: LabLayout, keeper: RecordKeeper) async throws(LabError) -> Bool {
        let memory = NodeImage.cache + "/kvm-probe"
        let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? ""
        let question = boot + image.directory + "\n"
        if let known = try? String(contentsOfFile: memory, encoding: .utf8), known.hasPrefix(question) {
            return known.hasSuffix("yes\n")
        }
        let child = try LabChild(
            name: "kvm-probe",
            command: [
                "qemu-system-x86_64", "-accel", "kvm", "-cpu", "max", "-m", "128", "-nodefaults", "-no-user-config",
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
                    String(decoding: $0, as: UTF8.self).contains(greeting)
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
