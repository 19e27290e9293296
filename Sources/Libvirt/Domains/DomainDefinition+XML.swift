import FoundationEssentials

extension DomainDefinition {
    /// The definition as libvirt's driver takes it (`formatdomain`).
    public func element(for driver: LibvirtDriver) -> XMLElement {
        let virtualization = driver.isTest ? .test : virtualization
        var root = XMLElement("domain", ["type": virtualization.rawValue])
        root.append(XMLElement("name", text: name))
        root.append(XMLElement("uuid", text: uuid.uuidString.lowercased()))
        if !metadata.isEmpty { root.append(XMLElement("metadata", [:], metadata)) }
        root.append(XMLElement("memory", ["unit": "MiB"], text: String(memoryMiB)))
        root.append(XMLElement("vcpu", text: String(vcpus)))
        root.append(operatingSystem(for: driver))
        root.append(XMLElement("features", [:], features(virtualization)))
        // The most that the host can give the guest; the test driver describes no CPU.
        if virtualization != .test { root.append(XMLElement("cpu", ["mode": "maximum"])) }
        root.append(XMLElement("clock", ["offset": "utc"]))
        root.append(XMLElement("on_reboot", text: "restart"))
        root.append(XMLElement("devices", [:], devices))
        return root
    }

    private func operatingSystem(for driver: LibvirtDriver) -> XMLElement {
        var type = XMLElement("type", text: "hvm")
        // The test driver knows one machine, an i686 of no model.
        if let architecture = driver.isTest ? "i686" : architecture {
            type.attributes.append(XMLElement.Attribute("arch", architecture))
        }
        if let machine, !driver.isTest { type.attributes.append(XMLElement.Attribute("machine", machine)) }
        var system = XMLElement("os", [:], [type])
        switch boot {
        case .disk:
            system.append(XMLElement("boot", ["dev": "hd"]))
        case .kernel(let path, let initrd, let arguments):
            system.append(XMLElement("kernel", text: path))
            if let initrd { system.append(XMLElement("initrd", text: initrd)) }
            if let arguments { system.append(XMLElement("cmdline", text: arguments)) }
        }
        return system
    }

    private func features(_ virtualization: Virtualization) -> [XMLElement] {
        var features = [XMLElement("acpi", [:])]
        if let translationCacheMiB, virtualization == .qemu {
            let cache = XMLElement("tb-cache", ["unit": "MiB"], text: String(translationCacheMiB))
            features.append(XMLElement("tcg", [:], [cache]))
        }
        return features
    }

    private var devices: [XMLElement] {
        var devices = disks.enumerated().map { $1.element(target: Self.diskName($0)) }
        devices += interfaces.map { $0.element }
        let log = serialLog.map { XMLElement("log", ["file": $0, "append": "on"]) }
        devices.append(XMLElement("serial", ["type": "pty"], log.map { [$0] } ?? []))
        if hasAgentChannel {
            let target = XMLElement("target", ["type": "virtio", "name": DomainDescription.agentChannel])
            devices.append(XMLElement("channel", ["type": "unix"], [target]))
        }
        if hasRandom {
            let backend = XMLElement("backend", ["model": "random"], text: "/dev/urandom")
            devices.append(XMLElement("rng", ["model": "virtio"], [backend]))
        }
        return devices
    }

    /// `vda` to `vdz`, then `vdaa`, as the kernel counts them.
    static func diskName(_ index: Int) -> String {
        var letters = ""
        var rest = index
        repeat {
            letters = String(UnicodeScalar(UInt8(97 + rest % 26))) + letters
            rest = rest / 26 - 1
        } while rest >= 0
        return "vd" + letters
    }
}

extension DomainDefinition.Disk {
    fileprivate func element(target: String) -> XMLElement {
        let type: String
        let from: XMLElement
        switch source {
        case .volume(let pool, let name):
            type = "volume"
            from = XMLElement("source", ["pool": pool, "volume": name])
        case .file(let path):
            type = "file"
            from = XMLElement("source", ["file": path])
        }
        var disk = XMLElement(
            "disk", ["type": type, "device": "disk"],
            [
                XMLElement("driver", ["name": "qemu", "type": format.rawValue]), from,
                XMLElement("target", ["dev": target, "bus": "virtio"]),
            ])
        if isReadOnly { disk.append(XMLElement("readonly", [:])) }
        return disk
    }
}

extension DomainDefinition.Interface {
    fileprivate var element: XMLElement {
        XMLElement(
            "interface", ["type": "network"],
            [
                XMLElement("mac", ["address": mac]), XMLElement("source", ["network": network]),
                XMLElement("model", ["type": "virtio"]),
            ])
    }
}
