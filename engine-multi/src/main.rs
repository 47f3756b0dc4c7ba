//! The program `engine-multi`.

fn main() -> std::process::ExitCode {
    engine_core::main::<engine_multi::Multi>()
}
