//! `engine-yara`: finds malware with YARA rules.

fn main() -> std::process::ExitCode {
    engine_core::main::<engine_yara::Yara>()
}
