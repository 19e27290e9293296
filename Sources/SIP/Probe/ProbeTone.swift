/// The tone of a probe call: 1 kHz as G.711 µ-law at 8 kHz, ITU-T's digital milliwatt (G.711, table 6), in RTP packets of 20 ms.
enum ProbeTone {
    /// One period.
    private static let period: [UInt8] = [0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E]
    /// Samples of a packet.
    static let samples = 160
    /// PCMU's payload type (RFC 3551 section 6).
    static let payloadType: UInt8 = 0

    /// The tone's packet of that number, from 0 (RFC 3550 section 5.1).
    static func packet(_ number: Int, source: UInt32) -> [UInt8] {
        let sequence = UInt16(truncatingIfNeeded: number)
        let time = UInt32(truncatingIfNeeded: number * samples)
        var packet: [UInt8] = [0x80, payloadType | (number == 0 ? 0x80 : 0)]
        packet += [UInt8(sequence >> 8), UInt8(sequence & 0xFF)]
        for word in [time, source] { packet += (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
        for _ in 0..<(samples / period.count) { packet += period }
        return packet
    }

    /// Whether an RTP packet carries the tone and little else.
    static func isHeard(in packet: [UInt8]) -> Bool {
        guard packet.count > 12, packet[0] >> 6 == 2, packet[1] & 0x7F == payloadType else { return false }
        var header = 12 + 4 * Int(packet[0] & 0x0F)
        if packet[0] & 0x10 != 0 {
            guard packet.count >= header + 4 else { return false }
            header += 4 + 4 * (Int(packet[header + 2]) << 8 | Int(packet[header + 3]))
        }
        guard packet.count >= header + samples else { return false }
        // Goertzel's sum at an eighth of the sampling rate, as a part of the whole energy: 1 of a pure tone, whatever its phase.
        let half = 0.5.squareRoot()
        let (cosine, sine) = ([1, half, 0, -half, -1, -half, 0, half], [0, half, 1, half, 0, -half, -1, -half])
        var (real, imaginary, energy) = (0.0, 0.0, 0.0)
        for (index, byte) in packet[header...].prefix(samples).enumerated() {
            let value = linear(byte)
            real += value * cosine[index % 8]
            imaginary += value * sine[index % 8]
            energy += value * value
        }
        let tone = 2 * (real * real + imaginary * imaginary) / Double(samples)
        // Less than a hundredth of full scale is silence, whatever it is made of.
        return energy / Double(samples) > 80 * 80 && tone > 0.8 * energy
    }

    /// G.711 µ-law, as 14 bits with a sign.
    private static func linear(_ byte: UInt8) -> Double {
        let code = ~byte
        let magnitude = ((Int(code & 0x0F) << 1 | 33) << Int(code >> 4 & 7)) - 33
        return Double(code & 0x80 != 0 ? -magnitude : magnitude)
    }
}
