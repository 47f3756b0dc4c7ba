//! The program `engine-clamav`.

fn main() -> std::process::ExitCode {
    engine_core::main::<engine_clamav::Clamav>()
}
