import ClusterModel

/// RFC 3339 in UTC with milliseconds: how every time is written in marks, units, keys and documents. Read and written digit by digit: there are
/// several for each object of a cluster.
public enum Timestamp {
    public static func text(_ instant: Instant) -> String {
        let (seconds, milliseconds) = instant.milliseconds.dividing(by: 1000)
        let (days, time) = seconds.dividing(by: 86_400)
        let date = CivilDate(daysSince1970: days)
        var text: [UInt8] = []
        func append(_ number: Int64, digits: Int, then end: Unicode.Scalar) {
            var divisor: Int64 = 1
            for _ in 1..<digits { divisor *= 10 }
            while divisor > 0 {
                text.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
                divisor /= 10
            }
            text.append(UInt8(ascii: end))
        }
        append(date.year, digits: 4, then: "-")
        append(date.month, digits: 2, then: "-")
        append(date.day, digits: 2, then: "T")
        append(time / 3600, digits: 2, then: ":")
        append(time / 60 % 60, digits: 2, then: ":")
        append(time % 60, digits: 2, then: ".")
        append(milliseconds, digits: 3, then: "Z")
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads any RFC 3339 time in UTC, with or without a fraction; what is finer than a millisecond is rounded.
    public static func instant(_ text: String) -> Instant? {
        var rest = text.utf8[...]
        func number(_ digits: Int, then end: Unicode.Scalar? = nil) -> Int64? {
            guard rest.count >= digits, let value = decimal(rest.prefix(digits)) else { return nil }
            rest = rest.dropFirst(digits)
            guard let end else { return value }
            guard rest.first == UInt8(ascii: end) else { return nil }
            rest = rest.dropFirst()
            return value
        }
        guard let year = number(4, then: "-"), let month = number(2, then: "-"), let day = number(2, then: "T"),
            let hour = number(2, then: ":"), let minute = number(2, then: ":"), let second = number(2),
            (1...12).contains(month), (1...CivilDate.days(in: month, year)).contains(day), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        var milliseconds: Int64 = 0
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard let digits = decimal(fraction.prefix(3)) else { return nil }
            milliseconds = digits
            for _ in fraction.count..<max(3, fraction.count) { milliseconds *= 10 }
            if let next = fraction.dropFirst(3).first, next >= UInt8(ascii: "5") { milliseconds += 1 }
            rest = rest.dropFirst(1 + fraction.count)
        }
        guard rest.elementsEqual("Z".utf8) || rest.elementsEqual("+00:00".utf8) else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        return Instant(milliseconds: ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + milliseconds)
    }

    private static func decimal(_ digits: Substring.UTF8View) -> Int64? {
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = 10 * value + Int64(digit - UInt8(ascii: "0"))
        }
        return value
    }
}

/// A day of the Gregorian calendar, counted from 1970-01-01 by Howard Hinnant's algorithms
/// (https://howardhinnant.github.io/date_algorithms.html): years begin in March, so that a leap day is the last.
private struct CivilDate {
    var year: Int64
    var month: Int64
    var day: Int64

    init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    init(daysSince1970 days: Int64) {
        let (era, ofEra) = (days + 719_468).dividing(by: 146_097)
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * ofYear + 2) / 153
        day = ofYear - (153 * shifted + 2) / 5 + 1
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int64 {
        let (era, yearOfEra) = (month <= 2 ? year - 1 : year).dividing(by: 400)
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear - 719_468
    }

    static func days(in month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Int64 {
    /// Rounded down, so that what is left is never negative.
    fileprivate func dividing(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
