//! What a workload needs of `/dev/shm`, told by evidence: what its command, its program, its image and its neighbours in the
//! repository say, each with the place that says it.

pub mod evidence;
